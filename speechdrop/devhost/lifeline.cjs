// Loaded into Azurite by `node --require`: when standard input ends, because whoever started Azurite is gone (even by
// SIGKILL), Azurite stops as on SIGTERM, which writes everything to disk. Unreferenced, so as not to hold Azurite up.
process.stdin.on("end", () => process.kill(process.pid, "SIGTERM")).resume().unref();
