// Encodes a fleet's history as remote-write bodies, one file for each connection that will send them.
#include <snappy-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"

typedef struct {
  FILE *file;
  uint8_t *plain, *at;
  char *packed;
  size_t room;
  uint32_t samples;
} Shard;

static void open_shard(Shard *shard, const char *prefix, int index, int batch) {
  char name[4096];
  snprintf(name, sizeof name, "%s.%d", prefix, index);
  shard->file = fopen(name, "wb");
  if (!shard->file) perror(name), exit(1);
  shard->room = snappy_max_compressed_length((size_t)batch * 1100);
  shard->plain = shard->at = malloc((size_t)batch * 1100);
  shard->packed = malloc(shard->room);
  shard->samples = 0;
}

static void write_body(Shard *shard) {
  if (shard->samples == 0) return;
  size_t size = shard->room;
  snappy_compress((const char *)shard->plain, (size_t)(shard->at - shard->plain), shard->packed, &size);
  BodyHead head = {(uint32_t)size, shard->samples};
  if (fwrite(&head, sizeof head, 1, shard->file) != 1 || fwrite(shard->packed, size, 1, shard->file) != 1) perror("write"), exit(1);
  shard->at = shard->plain;
  shard->samples = 0;
}

static void add_sample(Shard *shard, const Series *series, int64_t milliseconds) {
  uint8_t sample[32], *end = sample;
  *end++ = 1 << 3 | 1;
  memcpy(end, &series->value, 8);
  end += 8;
  *end++ = 2 << 3;
  end = put_varint(end, (uint64_t)milliseconds);
  size_t size = (size_t)(end - sample);
  uint8_t *at = shard->at;
  *at++ = 1 << 3 | 2;
  at = put_varint(at, series->labels_size + 2 + size);
  at = (uint8_t *)memcpy(at, series->labels, series->labels_size) + series->labels_size;
  *at++ = 2 << 3 | 2;
  *at++ = (uint8_t)size;
  shard->at = (uint8_t *)memcpy(at, sample, size) + size;
  shard->samples++;
}

// encode PREFIX SHARDS BATCH START STEP STEPS SERVICE=HOSTS…   (times in milliseconds)
int encode_command(int count, char **arguments) {
  if (count < 7) return 2;
  int shards = atoi(arguments[1]), batch = atoi(arguments[2]), steps = atoi(arguments[5]), hosts = 0;
  int64_t start = atoll(arguments[3]), step = atoll(arguments[4]);
  if (shards < 1 || shards > MAX_SHARDS || batch < 1 || step < 1) return 2;
  for (int i = 6; i < count; i++) hosts += strchr(arguments[i], '=') ? atoi(strchr(arguments[i], '=') + 1) : 0;
  Host *fleet = calloc((size_t)hosts, sizeof *fleet);
  for (int i = 6, next = 0; i < count; i++) {
    char *split = strchr(arguments[i], '=');
    if (!split) return 2;
    *split = 0;
    for (int index = 0; index < atoi(split + 1); index++) host_make(&fleet[next++], arguments[i], index);
  }
  Shard shard[MAX_SHARDS];
  for (int i = 0; i < shards; i++) open_shard(&shard[i], arguments[0], i, batch);
  for (int k = 0; k < steps; k++)
    for (int h = 0; h < hosts; h++) {
      Shard *to = &shard[h % shards];
      // Hosts are not measured at the same moment; each keeps its own.
      int64_t at = start + k * step + (h * 997) % step;
      host_advance(&fleet[h], (double)step / 1000);
      for (int s = 0; s < SERIES_OF_HOST; s++) {
        add_sample(to, &fleet[h].series[s], at);
        if (to->samples == (uint32_t)batch) write_body(to);
      }
      if (h + shards >= hosts) write_body(to);
    }
  for (int i = 0; i < shards; i++)
    if (fclose(shard[i].file)) return perror("close"), 1;
  printf("{\"series\": %d, \"samples\": %lld}\n", hosts * SERIES_OF_HOST, (long long)hosts * SERIES_OF_HOST * steps);
  return 0;
}
