// fleet-load: plays N agents against one control plane, from one process, over real HTTP connections.
//
//   fleet-load PORT AGENTS JOIN_TOKEN [JOINS_PER_SECOND] [MILLISECONDS_TO_APPLY]
//
// Each agent has its own source address in 127.16.0.0/12 and two connections, as a real one: its stream and one for
// what it posts. It joins, opens its stream, reports soon after each change and as a heartbeat, takes the desired
// version at once (or after a while), and comes back after a lost stream as the server's hint says.
//
// Commands on the standard input, one line of JSON each as the answer:
//   status     how many have joined, have a stream, run which version
//   desired    [microseconds since 1970, epoch, version] of every desired state heard since the last time
//   message    the last desired state as it was received
//   hellos     when every stream that opened since the last time said hello, in microseconds since 1970
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

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

struct heard { int64_t at; long long epoch; int version; };

static struct agent *agents;
static int agent_count, port, queue;
static int64_t apply_delay;
static const char *join_token;
static char *versions[MAXIMUM_VERSIONS];
static int version_count;
static struct heard *heard;
static size_t heard_count, heard_room;
static char *message;
static int64_t *hellos;
static size_t hello_count, hello_room;
static long reports, refusals, lost_streams, failed_connects;

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void *grown(void *array, size_t count, size_t *room, size_t size) {
    if (count < *room) return array;
    *room = *room ? *room * 2 : 1024;
    if (!(array = realloc(array, *room * size))) fail("realloc");
    return array;
}

static int64_t random_below(int64_t limit) { return limit > 0 ? (int64_t)(drand48() * (double)limit) : 0; }

// ---- JSON, as far as it is needed ----

static const char *skip_string(const char *p) {
    for (p++; *p && *p != '"'; p++)
        if (*p == '\\' && p[1]) p++;
    return *p ? p + 1 : p;
}

static const char *skip_value(const char *p) {
    int depth = 0;
    do {
        if (*p == '"') { p = skip_string(p); continue; }
        if (*p == '{' || *p == '[') depth++;
        if (*p == '}' || *p == ']') depth--;
        if (*p) p++;
    } while (*p && (depth > 0 || !strchr(",}]", *p)));
    return p;
}

// The value of a member of the object at p, or NULL.
static const char *member(const char *p, const char *name) {
    if (!p || *p != '{') return NULL;
    size_t length = strlen(name);
    for (p++; *p == '"';) {
        const char *key = p + 1;
        p = skip_string(p);
        bool found = (size_t)(p - 1 - key) == length && !memcmp(key, name, length);
        if (*p++ != ':') return NULL;
        if (found) return p;
        p = skip_value(p);
        if (*p == ',') p++;
    }
    return NULL;
}

static bool text(const char *p, char *out, size_t room) {
    if (!p || *p != '"') return false;
    size_t length = (size_t)(skip_string(p) - p) - 2;
    if (length >= room) return false;
    memcpy(out, p + 1, length);
    out[length] = 0;
    return true;
}

// A duration like 1m5s, in microseconds.
static int64_t period(const char *p) {
    char buffer[64], *rest = buffer;
    int64_t sum = 0;
    if (!text(p, buffer, sizeof buffer)) return 0;
    while (*rest) {
        int64_t number = strtoll(rest, &rest, 10);
        if (!strncmp(rest, "ms", 2)) { sum += number * 1000; rest += 2; continue; }
        int64_t seconds = *rest == 's' ? 1 : *rest == 'm' ? 60 : *rest == 'h' ? 3600 : 0;
        if (!seconds) return sum;
        sum += number * seconds * 1000000;
        rest++;
    }
    return sum;
}

static int version_index(const char *name) {
    for (int i = 0; i < version_count; i++)
        if (!strcmp(versions[i], name)) return i;
    if (version_count == MAXIMUM_VERSIONS) { fprintf(stderr, "too many versions\n"); exit(1); }
    versions[version_count] = strdup(name);
    return version_count++;
}

// ---- Connections ----

static void disconnect(struct connection *connection) {
    if (connection->descriptor >= 0) close(connection->descriptor);
    connection->descriptor = -1;
    connection->state = IDLE;
    connection->count = 0;
}

static bool begin_connect(struct connection *connection) {
    int one = 1, descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) fail("socket");
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    int number = connection->agent->number;
    struct sockaddr_in own = {.sin_family = AF_INET};
    own.sin_addr.s_addr = htonl(0x7f100001u + (uint32_t)(number / 250) * 256 + (uint32_t)(number % 250));
    if (bind(descriptor, (struct sockaddr *)&own, sizeof own)) fail("bind");
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(descriptor, (struct sockaddr *)&server, sizeof server) && errno != EINPROGRESS) {
        close(descriptor);
        return false;
    }
    connection->descriptor = descriptor;
    connection->state = CONNECTING;
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = connection};
    if (epoll_ctl(queue, EPOLL_CTL_ADD, descriptor, &event)) fail("epoll_ctl");
    return true;
}

static void say(struct connection *connection, const char *bytes, int count) {
    if (write(connection->descriptor, bytes, (size_t)count) != count) disconnect(connection);
    else connection->state = connection->kind == STREAM ? STREAMING : WAITING;
}

static int report(const struct agent *agent, char *body, size_t room) {
    char service[1024] = "";
    if (agent->running >= 0) {
        const char *version = versions[agent->running];
        snprintf(service, sizeof service,
            "{\"service\":\"app\",\"state\":\"running\",\"version\":\"%s\",\"ready\":true,\"instances\":[{\"id\":\"app-%s\","
            "\"version\":\"%s\",\"pid\":%d,\"startedAt\":\"2026-01-01T00:00:00Z\",\"ready\":true,\"draining\":false,"
            "\"adopted\":false,\"restarts\":0,\"cpu\":0.%02d,\"memory\":%d}],\"onDisk\":[\"%s\"],\"detail\":\"\"}",
            version, version, version, 1000 + agent->number, (int)(drand48() * 100),
            10000000 + (int)(drand48() * 1000000), version);
    }
    return snprintf(body, room,
        "{\"epoch\":%lld,\"services\":[%s],\"boot\":\"b%d\",\"load\":{\"cpus\":2,\"loadAverage\":0.%02d,"
        "\"memoryTotal\":8000000000,\"memoryAvailable\":%d,\"diskAvailable\":50000000000},\"warnings\":[]}",
        agent->epoch, service, agent->number, (int)(drand48() * 100), 400000000 + (int)(drand48() * 1000000));
}

static void post(struct agent *agent) {
    struct connection *connection = &agent->connections[POST];
    char body[2048], request[3072];
    const char *path = "report", *token = agent->token;
    int length;
    if (!agent->joined) {
        path = "join";
        token = join_token;
        length = snprintf(body, sizeof body,
            "{\"host\":\"host-%05d\",\"agent\":\"agent-%05d\",\"address\":\"127.16.%d.%d\",\"labels\":{\"region\":\"r%d\"},"
            "\"release\":\"bench\"}",
            agent->number, agent->number, agent->number / 250, agent->number % 250 + 1, agent->number % 5);
    } else {
        length = report(agent, body, sizeof body);
    }
    int count = snprintf(request, sizeof request,
        "POST /v1/agent/%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAuthorization: Bearer %s\r\nX-Halcyon-Agent: agent-%05d\r\n"
        "X-Halcyon-Host: host-%05d\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
        path, port, token, agent->number, agent->number, length, body);
    say(connection, request, count);
}

static void open_stream(struct agent *agent) {
    char request[1024];
    int count = snprintf(request, sizeof request,
        "GET /v1/agent/stream HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAuthorization: Bearer %s\r\nX-Halcyon-Agent: agent-%05d\r\n"
        "X-Halcyon-Host: host-%05d\r\nAccept: text/event-stream\r\n\r\n",
        port, agent->token, agent->number, agent->number);
    say(&agent->connections[STREAM], request, count);
}

// ---- What the server says ----

static void take_desired(struct agent *agent, const char *data) {
    const char *epoch = member(data, "epoch"), *services = member(data, "services");
    if (!epoch || !services) { refusals++; return; }
    agent->epoch = atoll(epoch);
    char name[128];
    int wanted = -1;
    if (services[1] == '{' && text(member(member(services + 1, "run"), "version"), name, sizeof name))
        wanted = version_index(name);
    heard = grown(heard, heard_count, &heard_room, sizeof *heard);
    heard[heard_count++] = (struct heard){now(), agent->epoch, wanted};
    if (!message || strcmp(message, data)) {
        free(message);
        message = strdup(data);
    }
    agent->wanted = wanted;
    if (apply_delay) agent->apply_at = now() + apply_delay;
    else agent->running = wanted;
    if (!agent->report_at) agent->report_at = now() + COALESCE_MICROSECONDS;
}

static void take_hello(struct agent *agent, const char *data) {
    agent->heartbeat = period(member(data, "heartbeat"));
    agent->spread = period(member(data, "reconnectWithin"));
    agent->said_hello = true;
    agent->wait = 0;
    hellos = grown(hellos, hello_count, &hello_room, sizeof *hellos);
    hellos[hello_count++] = now();
    if (!agent->report_at) agent->report_at = now() + COALESCE_MICROSECONDS;
    agent->heartbeat_at = now() + agent->heartbeat;
}

// A stream's events: the server writes each as one chunk with one `data:` line, so chunk sizes are merely lines that say nothing.
static void read_stream(struct connection *connection) {
    struct agent *agent = connection->agent;
    char *line = connection->bytes, *end = connection->bytes + connection->count, *stop;
    static char event[32];
    while ((stop = memchr(line, '\n', (size_t)(end - line)))) {
        *stop = 0;
        if (!strncmp(line, "event: ", 7)) snprintf(event, sizeof event, "%.20s", line + 7);
        else if (!strncmp(line, "data: ", 6) && !strcmp(event, "hello")) take_hello(agent, line + 6);
        else if (!strncmp(line, "data: ", 6) && !strcmp(event, "desired")) take_desired(agent, line + 6);
        else if (!strncmp(line, "retry: ", 7)) {
            int64_t retry = atoll(line + 7) * 1000;
            if (retry > agent->spread) agent->spread = retry;
        } else if (!strncmp(line, "HTTP/1.1 ", 9) && strncmp(line + 9, "200", 3)) refusals++;
        // An event's name and data may come in two reads: the line with the name is kept until its data is here.
        char *next = stop + 1;
        if (!strncmp(line, "event: ", 7) && !memchr(next, '\n', (size_t)(end - next))) { *stop = '\n'; break; }
        line = next;
    }
    connection->count = (size_t)(end - line);
    memmove(connection->bytes, line, connection->count);
}

static void read_answer(struct connection *connection) {
    struct agent *agent = connection->agent;
    connection->bytes[connection->count] = 0;
    char *head = strstr(connection->bytes, "\r\n\r\n");
    if (!head) return;
    char *length = strcasestr(connection->bytes, "\r\ncontent-length:");
    size_t expected = length && length < head ? (size_t)atol(length + 17) : 0;
    if (connection->count < (size_t)(head + 4 - connection->bytes) + expected) return;
    int status = atoi(connection->bytes + 9);
    if (status / 100 != 2) {
        if (refusals++ < 5) fprintf(stderr, "%s\n", connection->bytes);
        if (!agent->joined) agent->join_at = now() + 1000000 + random_below(1000000);
    } else if (!agent->joined) {
        agent->joined = text(member(head + 4, "token"), agent->token, sizeof agent->token);
        agent->stream_at = now();
    } else reports++;
    connection->count = 0;
    connection->state = IDLE;
    if (strcasestr(connection->bytes, "connection: close")) disconnect(connection);
}

static void lost(struct connection *connection) {
    struct agent *agent = connection->agent;
    bool connecting = connection->state == CONNECTING, waiting = connection->state == WAITING;
    disconnect(connection);
    if (connecting) failed_connects++;
    if (connection->kind == POST) {
        if (!agent->joined && (connecting || waiting)) agent->join_at = now() + 500000 + random_below(500000);
        return;
    }
    // After a good stream the server's hint spreads everybody; after that the wait doubles.
    int64_t wait = agent->said_hello ? agent->spread : agent->wait;
    if (agent->said_hello) lost_streams++;
    agent->wait = agent->said_hello ? 1000000 : agent->wait * 2 > 30000000 ? 30000000 : agent->wait * 2;
    if (agent->wait == 0) agent->wait = 1000000;
    agent->said_hello = false;
    agent->heartbeat_at = 0;
    agent->stream_at = now() + 1 + random_below(wait);
}

static void happened(struct connection *connection, uint32_t events) {
    if (connection->descriptor < 0) return;
    if (connection->state == CONNECTING && events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) {
        int error = 0;
        socklen_t size = sizeof error;
        getsockopt(connection->descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error) return lost(connection);
        if (connection->kind == STREAM) open_stream(connection->agent);
        else post(connection->agent);
        if (connection->descriptor < 0) return lost(connection);
    }
    if (!(events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))) return;
    static char input[1 << 16];
    for (;;) {
        ssize_t count = read(connection->descriptor, input, sizeof input);
        if (count < 0 && errno == EAGAIN) break;
        if (count <= 0) return lost(connection);
        while (connection->count + (size_t)count + 1 > connection->room) {
            connection->room = connection->room ? connection->room * 2 : 1024;
            if (!(connection->bytes = realloc(connection->bytes, connection->room))) fail("realloc");
        }
        memcpy(connection->bytes + connection->count, input, (size_t)count);
        connection->count += (size_t)count;
        if (connection->kind == STREAM) read_stream(connection);
        else read_answer(connection);
        if (connection->descriptor < 0) return;
    }
}

// ---- Time ----

static bool due(int64_t *at, int64_t time) {
    if (!*at || *at > time) return false;
    *at = 0;
    return true;
}

static void look_at(struct agent *agent, int64_t time) {
    struct connection *stream = &agent->connections[STREAM], *posts = &agent->connections[POST];
    if (due(&agent->stream_at, time) && stream->state == IDLE && !begin_connect(stream)) lost(stream);
    if (due(&agent->apply_at, time)) {
        agent->running = agent->wanted;
        if (!agent->report_at) agent->report_at = time + COALESCE_MICROSECONDS;
    }
    if (due(&agent->heartbeat_at, time)) {
        agent->heartbeat_at = time + agent->heartbeat;
        if (!agent->report_at) agent->report_at = time + COALESCE_MICROSECONDS;
    }
    if (posts->state != IDLE || !((agent->join_at && agent->join_at <= time) || (agent->report_at && agent->report_at <= time)))
        return;
    if (agent->joined) agent->report_at = 0;
    else agent->join_at = 0;
    if (posts->descriptor < 0) begin_connect(posts);
    else post(agent);
}

// ---- Commands ----

static void answer(const char *command) {
    if (!strncmp(command, "status", 6)) {
        int joined = 0, streaming = 0, running[MAXIMUM_VERSIONS] = {0};
        for (int i = 0; i < agent_count; i++) {
            joined += agents[i].joined;
            streaming += agents[i].said_hello;
            if (agents[i].running >= 0) running[agents[i].running]++;
        }
        printf("{\"joined\":%d,\"streaming\":%d,\"reports\":%ld,\"refusals\":%ld,\"lostStreams\":%ld,\"failedConnects\":%ld,"
               "\"running\":{", joined, streaming, reports, refusals, lost_streams, failed_connects);
        for (int i = 0; i < version_count; i++) printf("%s\"%s\":%d", i ? "," : "", versions[i], running[i]);
        printf("}}\n");
    } else if (!strncmp(command, "desired", 7)) {
        printf("[");
        for (size_t i = 0; i < heard_count; i++)
            printf("%s[%lld,%lld,\"%s\"]", i ? "," : "", (long long)heard[i].at, heard[i].epoch,
                heard[i].version < 0 ? "" : versions[heard[i].version]);
        printf("]\n");
        heard_count = 0;
    } else if (!strncmp(command, "message", 7)) {
        printf("%s\n", message ? message : "null");
    } else if (!strncmp(command, "hellos", 6)) {
        printf("[");
        for (size_t i = 0; i < hello_count; i++) printf("%s%lld", i ? "," : "", (long long)hellos[i]);
        printf("]\n");
        hello_count = 0;
    } else {
        printf("{\"error\":\"status, desired, message or hellos\"}\n");
    }
    fflush(stdout);
}

static void set_up(double joins_per_second) {
    agents = calloc((size_t)agent_count, sizeof *agents);
    if (!agents) fail("calloc");
    int64_t start = now();
    for (int i = 0; i < agent_count; i++) {
        struct agent *agent = &agents[i];
        agent->number = i;
        agent->wanted = agent->running = -1;
        agent->epoch = -1;
        agent->join_at = start + (int64_t)(i * 1e6 / joins_per_second);
        for (int kind = 0; kind < CONNECTIONS; kind++)
            agent->connections[kind] = (struct connection){.agent = agent, .descriptor = -1, .kind = kind};
    }
}

int main(int count, char **arguments) {
    if (count < 4) { fprintf(stderr, "usage: fleet-load PORT AGENTS JOIN_TOKEN [JOINS_PER_SECOND] [MILLISECONDS_TO_APPLY]\n"); return 2; }
    port = atoi(arguments[1]);
    agent_count = atoi(arguments[2]);
    join_token = arguments[3];
    apply_delay = count > 5 ? atoll(arguments[5]) * 1000 : 0;
    signal(SIGPIPE, SIG_IGN);
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    queue = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event commands = {.events = EPOLLIN, .data.ptr = NULL}, events[512];
    if (epoll_ctl(queue, EPOLL_CTL_ADD, STDIN_FILENO, &commands)) fail("the standard input must be a pipe");
    set_up(count > 4 ? atof(arguments[4]) : 500);
    int64_t looked = 0;
    for (;;) {
        int ready = epoll_wait(queue, events, 512, 10);
        for (int i = 0; i < ready; i++) {
            if (events[i].data.ptr) { happened(events[i].data.ptr, events[i].events); continue; }
            char command[64] = "";
            ssize_t length = read(STDIN_FILENO, command, sizeof command - 1);
            if (length <= 0) return 0;
            answer(command);
        }
        int64_t time = now();
        if (time - looked < 10000) continue;
        looked = time;
        for (int i = 0; i < agent_count; i++) look_at(&agents[i], time);
    }
}
