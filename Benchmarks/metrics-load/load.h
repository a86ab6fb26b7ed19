// Remote-write load of a fleet: what the files of this folder share.
#pragma once
#include <stddef.h>
#include <stdint.h>

enum { SERIES_OF_HOST = 120, MAX_SHARDS = 16 };

// One body as it lies in a file: this head, and then the bytes.
typedef struct {
  uint32_t bytes;
  uint32_t samples;
} BodyHead;

typedef struct {
  uint8_t *labels;  // encoded as protobuf: what does not change from sample to sample
  uint32_t labels_size;
  double value;
} Series;

typedef struct {
  Series series[SERIES_OF_HOST];
  double rates[5];  // requests a second, by route
} Host;

// A number in [0, 1), the same sequence in every run.
double random_share(void);

// The host's series with their labels, and counters that have run for a while.
void host_make(Host *host, const char *service, int index);

// What happens at a host within so many seconds.
void host_advance(Host *host, double seconds);

// Protobuf: writes a number, and where it ended.
uint8_t *put_varint(uint8_t *at, uint64_t value);

int encode_command(int count, char **arguments);
int send_command(int count, char **arguments);
