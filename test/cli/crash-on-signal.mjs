// Preloaded by a test: throws an error that holds a key when SIGUSR2 comes.
process.on("SIGUSR2", () => {
  throw new Error(`the key is ${process.env.ANTHROPIC_API_KEY}`);
});
