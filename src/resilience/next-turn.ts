/** Lets timers and sockets have their turn: for work that would keep the event loop to itself. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
