// SPDX-License-Identifier: Apache-2.0
// llmz: lossless compression with a language model. These headers are the manual of the library.
//
//   llmz::Bytes small = llmz::compress(text);
//   llmz::Bytes again = llmz::decompress(small);
//
//   bytes.h       bytes in memory            compress.h    one call, source to sink, piece by piece
//   stream.h      sources and sinks          decompress.h  the same, limits, damaged files
//   error.h       everything that goes wrong frame.h       what a file says about itself
//   model.h       models, the context that   estimate.h    sizes without files
//                 calls share                version.h     of headers and library
//   reference.h   content that is known on
//                 both sides
//   engine.h      what computes a model      llmz_c.h      the same for C and other languages
//   blocks.h      one file, whose blocks are at work in several processes
//
// Rules for all functions. None prints, exits or installs a signal handler. Everything that goes
// wrong is an llmz::Error. Different calls may run at the same time on different sources, sinks and
// streams; they may share Models. One call uses `threads` threads of its own, which end with it or
// stay with the engine that Models keeps.
#pragma once

#include "llmz/blocks.h"
#include "llmz/bytes.h"
#include "llmz/compress.h"
#include "llmz/decompress.h"
#include "llmz/engine.h"
#include "llmz/error.h"
#include "llmz/estimate.h"
#include "llmz/frame.h"
#include "llmz/model.h"
#include "llmz/reference.h"
#include "llmz/stream.h"
#include "llmz/version.h"

namespace llmz {

// Of the library: LLMZ_VERSION_STRING when it was built, "0.1.0".
LLMZ_API const char* version();
// The highest format version that this library reads, which is the one that it writes.
LLMZ_API unsigned format_version();

}  // namespace llmz
