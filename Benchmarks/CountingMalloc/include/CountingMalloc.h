#pragma once
#include <stddef.h>

/// How often this process has asked for memory so far.
long halcyon_allocation_count(void);
/// The bytes that are allocated and not freed.
size_t halcyon_memory_in_use(void);
