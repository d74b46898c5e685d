// SPDX-License-Identifier: Apache-2.0
// What processes tell each other of blocks.
#pragma once

#include "cluster/packing.h"
#include "llmz/blocks.h"
#include "llmz/estimate.h"

namespace llmz {

void append_totals(Bytes& out, const Totals& totals);
Totals take_totals(ByteReader& in);
void add_to(Totals& sum, const Totals& more);

Bytes packed(const CompressedBlock& block);
CompressedBlock unpacked_block(ByteView bytes);

// Exactly as it is.
void append_double(Bytes& out, double value);
double take_double(ByteReader& in);

}  // namespace llmz
