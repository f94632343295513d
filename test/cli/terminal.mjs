// Preloaded by a test: makes standard output a terminal with colours, as far as a program can ask.
import { WriteStream } from "node:tty";

process.stdout.isTTY = true;
process.stdout.getColorDepth = () =>
  WriteStream.prototype.getColorDepth({ TERM: "xterm-256color", ...process.env });
