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
#include "fleet.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

struct agent *agents;
int agent_count, port, queue;
int64_t apply_delay;
const char *join_token;

int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

void fail(const char *what) {
    perror(what);
    exit(1);
}

int64_t random_below(int64_t limit) { return limit > 0 ? (int64_t)(drand48() * (double)limit) : 0; }

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
