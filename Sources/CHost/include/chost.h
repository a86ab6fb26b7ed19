// What the agent needs of the kernel and cannot have from Swift: a safe fork, and a few newer system calls.
#ifndef CHOST_H
#define CHOST_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// Which step of a start failed.
enum chost_step {
    CHOST_STEP_NONE = 0,
    CHOST_STEP_PREPARE = 1,    // pipe or fork, in the caller
    CHOST_STEP_GROUP = 2,      // joining a control group
    CHOST_STEP_FILES = 3,      // placing the descriptors
    CHOST_STEP_DIRECTORY = 4,  // entering the working directory
    CHOST_STEP_EXEC = 5,       // the program itself
    CHOST_STEP_USER = 6,       // becoming another user
};

// A user with all groups, looked up before the fork.
struct chost_user {
    uid_t user;
    gid_t group;
    const gid_t *groups;
    size_t groups_count;
};

// How a process is to be started. Everything is prepared before the fork: the child only makes system calls.
struct chost_start {
    const char *path;             // absolute path of the program
    char *const *arguments;       // ends with NULL
    char *const *environment;     // ends with NULL
    char *listen_pid;             // room within `environment` for the child's own pid (at least 12 bytes), or NULL
    const char *directory;        // working directory
    int log;                      // becomes standard output and standard error
    const int *passed;            // become 3, 4, …
    int passed_count;             // at most 4
    const int *groups;            // open `cgroup.procs` files that the child joins before it runs
    int groups_count;
    const struct chost_user *user;  // whom it runs as, or NULL for the caller
};

struct chost_started {
    pid_t pid;
    int pidfd;
    int step;    // CHOST_STEP_NONE when the program runs
    int error;   // errno of the failed step
};

// Starts a process in a session of its own. Returns when the program runs, or when a step failed.
struct chost_started chost_start(const struct chost_start *start);

int chost_pidfd_open(pid_t pid);
// From now on, what an ended child of this process leaves behind becomes a child of this process. 0 or -1.
int chost_inherit_orphans(void);
int chost_pidfd_send_signal(int pidfd, int signal);
// A duplicate of another process's descriptor.
int chost_pidfd_getfd(int pidfd, int descriptor);

// Collects a child that has ended. Returns 1 and fills in the rest, 0 when it has not ended, -1 when it is no child of ours.
int chost_reap(int pidfd, int *by_signal, int *value);

// Cuts `length` bytes (a multiple of the file system's block size) off the front; writers that append go on. 0 or -1.
int chost_collapse_front(int file, off_t length);

// The inode of the socket at the far end of an established TCP connection on this machine; 0 while nobody has accepted
// the connection, or when it is gone. `connection` is the near end. -1 when the kernel could not be asked.
int64_t chost_peer_inode(int connection);

// A listening TCP socket on a numeric address; -errno when it cannot be had. Port 0 lets the kernel choose.
int chost_listen(const char *host, uint16_t port);
// Begins a connection, without waiting for it; -errno when it cannot even begin.
int chost_connect(const char *host, uint16_t port);
// What became of it: 0 or errno.
int chost_socket_error(int socket);
// 1 once it is connected.
int chost_has_peer(int socket);
int chost_local_port(int socket);
int64_t chost_inode(int descriptor);
// A datagram socket at a path, or at an abstract name when it starts with `@`; -errno when it cannot be had.
int chost_notify_socket(const char *path);

// Whether a service manager has marked a control group as one that its members may divide: 1 or 0.
int chost_is_delegated(const char *group);

// Waiting for many descriptors at once: each is watched for something to read (or, for a pidfd, for its end).
int chost_watch_open(void);
int chost_watch_add(int watch, int descriptor, uint64_t token);
void chost_watch_remove(int watch, int descriptor);
// Sleeps until something happened; fills in whose tokens, and answers how many, or -1.
int chost_watch_wait(int watch, uint64_t *tokens, int room);
// A descriptor that becomes readable when it is rung.
int chost_alarm_open(void);
void chost_alarm_ring(int alarm);

#endif
