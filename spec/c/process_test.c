/* base/process */
#include "base/process.h"

#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

TEST(the_answer_is_that_of_the_system)
{
  CHECK_EQUAL(am_process(), getpid());
  CHECK_EQUAL(am_process(), getpid());
}

TEST(a_fork_is_noticed_by_the_child_and_by_its_child)
{
  pid_t parent = am_process(), child = fork();
  if (child == 0) {
    int ok = am_process() == getpid() && am_process() != parent;
    pid_t grandchild = fork();
    if (grandchild == 0) _exit(am_process() == getpid() && am_process() != parent ? 0 : 1);
    int status = -1;
    _exit(ok && waitpid(grandchild, &status, 0) == grandchild && status == 0 ? 0 : 1);
  }
  int status = -1;
  CHECK_EQUAL(waitpid(child, &status, 0), child);
  CHECK_EQUAL(status, 0);
  CHECK_EQUAL(am_process(), parent);
}

RUN({"the answer is that of the system", the_answer_is_that_of_the_system},
    {"a fork is noticed by the child and by its child",
     a_fork_is_noticed_by_the_child_and_by_its_child})
