// Preloaded by a test: makes standard error a terminal, as far as a program can ask.
process.stderr.isTTY = true;
process.stderr.columns = 100;
