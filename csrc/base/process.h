/* The process that runs, asked as often as a statement starts.
 *
 * A child of a fork has copies of its parent's connections, whose other ends have not: whoever
 * holds one remembers the process that opened it and compares. The C library asks the system every
 * time, so the answer is kept until a fork, where that can be told.
 */
#ifndef AM_BASE_PROCESS_H
#define AM_BASE_PROCESS_H

#include <sys/types.h>

/* getpid() without a system call. From any thread. */
pid_t am_process(void);

#endif
