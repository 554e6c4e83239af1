#pragma once

#include <zlib.h>

// A macro, which Swift does not see. 16 more for the window asks for gzip's frame.
static inline int causeway_gzip_begin(z_stream *stream, int level, int window_bits, int memory_level) {
    return deflateInit2(stream, level, Z_DEFLATED, window_bits + 16, memory_level, Z_DEFAULT_STRATEGY);
}
