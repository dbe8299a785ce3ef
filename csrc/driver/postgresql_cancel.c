/* Cancelling on a thread of its own: PQcancel opens a connection and blocks, a reactor must not.
 *
 * The thread owns a PGcancel and one end of the answer, so it may outlive the connection. It is
 * detached, has all signals blocked and touches nothing else.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/alloc.h"
#include "driver/postgresql_private.h"

enum { STACK_SIZE = 256 * 1024 };

typedef struct cancel_job {
  PGcancel *cancel;
  int answer; /* eventfd, -1: nobody wants to know */
} cancel_job;

/* The PGcancel goes last: who has seen it go knows that nothing is left. */
static void job_free(cancel_job *job)
{
  PGcancel *cancel = job->cancel;
  if (job->answer >= 0) close(job->answer);
  am_free(job);
  if (cancel != NULL) PQfreeCancel(cancel);
}

static void *run_job(void *context)
{
  cancel_job *job = context;
  char problem[256];
  uint64_t outcome =
      PQcancel(job->cancel, problem, sizeof problem) ? AM_CANCEL_SENT : AM_CANCEL_FAILED;
  if (job->answer >= 0) {
    ssize_t written = write(job->answer, &outcome, sizeof outcome);
    (void)written; /* an empty eventfd takes it */
  }
  job_free(job);
  return NULL;
}

static int spawn(cancel_job *job)
{
  pthread_t thread;
  pthread_attr_t attr;
  sigset_t all, before;
  pthread_attr_init(&attr);
  pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attr, STACK_SIZE);
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int rc = pthread_create(&thread, &attr, run_job, job);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attr);
  return rc;
}

/* With `out_fd` the caller gets the other end of the answer. */
static bool begin(am__pg_conn *conn, int *out_fd, am_error *err)
{
  int fd = -1, problem = 0;
  cancel_job *job = am_calloc(sizeof *job);
  if (job == NULL) return am_error_memory(err);
  job->answer = -1;
  job->cancel = PQgetCancel(conn->pg);
  if (job->cancel == NULL) {
    am_error_set(err, AM_ERR_INTERFACE, "the connection is not open");
    goto failed;
  }
  if (out_fd != NULL) {
    fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd >= 0) job->answer = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (job->answer < 0) problem = errno;
  }
  if (problem == 0) problem = spawn(job);
  if (problem != 0) {
    am_error_set(err, AM_ERR_OPERATIONAL, "the statement could not be cancelled: %s",
                 strerror(problem));
    goto failed;
  }
  if (out_fd != NULL) *out_fd = fd;
  return true;
failed:
  if (fd >= 0) close(fd);
  job_free(job);
  return false;
}

int am__pg_cancel_start(am_dbconn *base, am_error *err)
{
  am__pg_conn *conn = (am__pg_conn *)base;
  int fd = -1;
  /* Between Parse and Execute the server has nothing to cancel: the driver looks there itself. */
  atomic_store(&conn->cancelled, true);
  return begin(conn, &fd, err) ? fd : -1;
}

void am__pg_cancel_abandoned(am__pg_conn *conn)
{
  am_error err = AM_ERROR_INIT;
  if (PQtransactionStatus(conn->pg) != PQTRANS_ACTIVE || PQstatus(conn->pg) != CONNECTION_OK)
    return;
  begin(conn, NULL, &err); /* if it fails the server goes on for nobody, as without it */
  am_error_clear(&err);
}
