'use strict';
/** For hosts of the simulator: their parent says when it is over. Required first of all, before the simulator is loaded. */

// The parent handles signals; one that is sent to every process of a job must not end battles in mid-batch. (Without a
// listener, SIGUSR1 opens Node's debugger, a port through which others on the machine could run code.)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2']) process.on(signal, () => {});

// An orphan ends itself. On a thread of its own: the pipe tells of the parent's end only between batches, and not if a
// sibling that inherited it keeps it open.
const { Worker } = require('worker_threads');
const WATCH = `
  const parent = ${process.ppid};
  setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL'); }, 1000);
`;
new Worker(WATCH, { eval: true }).unref();
