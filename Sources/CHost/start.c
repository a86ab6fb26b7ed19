#define _GNU_SOURCE
#include "chost.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIRST_PASSED 3
// Descriptors are parked from here up, out of the way of those that are to be placed.
#define PARKED 64
#define MOST_PASSED 4

struct failure {
    int step;
    int error;
};

// Everything from here to `child` runs between fork and exec: system calls only, no allocation, no locks.

static void give_up(int report, int step) {
    struct failure failure = {step, errno};
    ssize_t ignored = write(report, &failure, sizeof failure);
    (void)ignored;
    _exit(127);
}

static void write_number(char *room, pid_t number) {
    char digits[12];
    int count = 0;
    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    while (count > 0) *room++ = digits[--count];
    *room = 0;
}

static void reset_signals(void) {
    struct sigaction standard;
    memset(&standard, 0, sizeof standard);
    standard.sa_handler = SIG_DFL;
    for (int signal = 1; signal < NSIG; signal++) sigaction(signal, &standard, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void close_between(unsigned first, unsigned last) {
    if (first > last) return;
    if (syscall(SYS_close_range, first, last, 0) == 0) return;
    struct rlimit limit;
    unsigned end = getrlimit(RLIMIT_NOFILE, &limit) == 0 ? (unsigned)limit.rlim_cur : 1024;
    for (unsigned descriptor = first; descriptor <= last && descriptor < end; descriptor++) close((int)descriptor);
}

static void place_descriptors(const struct chost_start *start, int report) {
    int log = fcntl(start->log, F_DUPFD_CLOEXEC, PARKED);
    int passed[MOST_PASSED];
    for (int i = 0; i < start->passed_count; i++) passed[i] = fcntl(start->passed[i], F_DUPFD_CLOEXEC, PARKED);
    int nothing = open("/dev/null", O_RDONLY);
    if (log < 0 || nothing < 0 || dup2(nothing, 0) < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0) {
        give_up(report, CHOST_STEP_FILES);
    }
    for (int i = 0; i < start->passed_count; i++) {
        if (passed[i] < 0 || dup2(passed[i], FIRST_PASSED + i) < 0) give_up(report, CHOST_STEP_FILES);
    }
    close_between((unsigned)(FIRST_PASSED + start->passed_count), (unsigned)report - 1);
    close_between((unsigned)report + 1, ~0U);
}

// The agent may be one that is spared when memory runs out; its services are not.
static void stand_with_others(void) {
    int file = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
    if (file < 0) return;
    char first = 0;
    if (read(file, &first, 1) == 1 && first == '-') {
        ssize_t ignored = pwrite(file, "0", 1, 0);
        (void)ignored;
    }
    close(file);
}

// By system calls of their own: glibc's functions would tell the threads of the parent, which are not here.
static void become(const struct chost_user *user, int report) {
    if (syscall(SYS_setgroups, user->groups_count, user->groups) != 0 ||
        syscall(SYS_setresgid, user->group, user->group, user->group) != 0 ||
        syscall(SYS_setresuid, user->user, user->user, user->user) != 0) {
        give_up(report, CHOST_STEP_USER);
    }
}

static void child(const struct chost_start *start, int pipe_end) {
    int report = fcntl(pipe_end, F_DUPFD_CLOEXEC, PARKED);
    if (report < 0) _exit(127);
    setsid();
    for (int i = 0; i < start->groups_count; i++) {
        if (write(start->groups[i], "0", 1) != 1) give_up(report, CHOST_STEP_GROUP);
    }
    if (start->listen_pid != NULL) write_number(start->listen_pid, getpid());
    place_descriptors(start, report);
    umask(022);
    struct rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    stand_with_others();
    if (start->user != NULL) become(start->user, report);
    if (chdir(start->directory) != 0) give_up(report, CHOST_STEP_DIRECTORY);
    reset_signals();
    execve(start->path, start->arguments, start->environment);
    give_up(report, CHOST_STEP_EXEC);
}

struct chost_started chost_start(const struct chost_start *start) {
    struct chost_started result = {-1, -1, CHOST_STEP_PREPARE, 0};
    int ends[2];
    if (start->passed_count > MOST_PASSED) {
        result.error = EINVAL;
        return result;
    }
    if (pipe2(ends, O_CLOEXEC) != 0) {
        result.error = errno;
        return result;
    }
    // A signal handler of ours must not run in the child.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t pid = fork();
    if (pid == 0) child(start, ends[1]);
    int fork_error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        result.error = fork_error;
        return result;
    }
    struct failure failure = {CHOST_STEP_NONE, 0};
    ssize_t count;
    do {
        count = read(ends[0], &failure, sizeof failure);
    } while (count < 0 && errno == EINTR);
    close(ends[0]);
    if (count == (ssize_t)sizeof failure) {
        waitpid(pid, NULL, 0);
        result.step = failure.step;
        result.error = failure.error;
        return result;
    }
    result.pid = pid;
    // Nobody has collected the child yet, so its pid cannot have been given to another process.
    result.pidfd = chost_pidfd_open(pid);
    result.step = result.pidfd < 0 ? CHOST_STEP_PREPARE : CHOST_STEP_NONE;
    result.error = result.pidfd < 0 ? errno : 0;
    if (result.pidfd < 0) {
        kill(-pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
    return result;
}
