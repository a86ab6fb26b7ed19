// What was heard, and the commands that ask for it.
#include "fleet.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct heard { int64_t at; long long epoch; int version; };

struct counts counts;
static char *versions[MAXIMUM_VERSIONS];
static int version_count;
static struct heard *heard;
static size_t heard_count, heard_room;
static char *message;
static int64_t *hellos;
static size_t hello_count, hello_room;

static void *grown(void *array, size_t count, size_t *room, size_t size) {
    if (count < *room) return array;
    *room = *room ? *room * 2 : 1024;
    if (!(array = realloc(array, *room * size))) fail("realloc");
    return array;
}

int version_index(const char *name) {
    for (int i = 0; i < version_count; i++)
        if (!strcmp(versions[i], name)) return i;
    if (version_count == MAXIMUM_VERSIONS) { fprintf(stderr, "too many versions\n"); exit(1); }
    versions[version_count] = strdup(name);
    return version_count++;
}

const char *version_name(int index) { return versions[index]; }

void note_desired(long long epoch, int version, const char *data) {
    heard = grown(heard, heard_count, &heard_room, sizeof *heard);
    heard[heard_count++] = (struct heard){now(), epoch, version};
    if (message && !strcmp(message, data)) return;
    free(message);
    message = strdup(data);
}

void note_hello(void) {
    hellos = grown(hellos, hello_count, &hello_room, sizeof *hellos);
    hellos[hello_count++] = now();
}

void answer(const char *command) {
    if (!strncmp(command, "status", 6)) {
        int joined = 0, streaming = 0, running[MAXIMUM_VERSIONS] = {0};
        for (int i = 0; i < agent_count; i++) {
            joined += agents[i].joined;
            streaming += agents[i].said_hello;
            if (agents[i].running >= 0) running[agents[i].running]++;
        }
        printf("{\"joined\":%d,\"streaming\":%d,\"reports\":%ld,\"refusals\":%ld,\"lostStreams\":%ld,\"failedConnects\":%ld,"
               "\"running\":{", joined, streaming, counts.reports, counts.refusals, counts.lost_streams,
               counts.failed_connects);
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
