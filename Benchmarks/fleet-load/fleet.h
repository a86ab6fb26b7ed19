// What the parts of fleet-load share.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { STREAM, POST, CONNECTIONS };
enum { IDLE, CONNECTING, WAITING, STREAMING };
enum { MAXIMUM_VERSIONS = 256, COALESCE_MICROSECONDS = 100000 };

struct agent;

struct connection {
    struct agent *agent;
    int descriptor, state, kind;
    char *bytes;
    size_t count, room;
};

struct agent {
    int number;
    bool joined, said_hello;
    char token[96];
    struct connection connections[CONNECTIONS];
    int64_t join_at, stream_at, report_at, heartbeat_at, apply_at; // 0: not planned
    int64_t heartbeat, spread, wait;                               // microseconds
    long long epoch;
    int wanted, running; // indices into versions; -1: none
};

// ---- main.c: the call, and the time ----

extern struct agent *agents;
extern int agent_count, port, queue;
extern int64_t apply_delay; // microseconds
extern const char *join_token;

int64_t now(void); // microseconds since 1970
int64_t random_below(int64_t limit);
void fail(const char *what);

// ---- json.c ----

// The value of a member of the object at p, or NULL.
const char *member(const char *p, const char *name);
bool text(const char *p, char *out, size_t room);
// A duration like 1m5s, in microseconds.
int64_t period(const char *p);

// ---- connections.c ----

bool begin_connect(struct connection *connection);
void disconnect(struct connection *connection);
void lost(struct connection *connection);
void say(struct connection *connection, const char *bytes, int count);
void happened(struct connection *connection, uint32_t events);

// ---- requests.c: what agents say ----

void post(struct agent *agent);
void open_stream(struct agent *agent);

// ---- answers.c: what the server says ----

void read_stream(struct connection *connection);
void read_answer(struct connection *connection);

// ---- records.c: what was heard, and the commands that ask for it ----

struct counts { long reports, refusals, lost_streams, failed_connects; };
extern struct counts counts;

const char *version_name(int index);
int version_index(const char *name);
void note_desired(long long epoch, int version, const char *data);
void note_hello(void);
void answer(const char *command);
