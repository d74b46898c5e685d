// SPDX-License-Identifier: Apache-2.0
// Where the adaptive probabilities of the rich mix start: what they came to on logs, JSON, tables
// and markup that are neither trained on nor benchmarks. Log odds in 1/256 nats. They belong to the
// format.
#pragma once

#include <array>
#include <cstdint>

namespace llmz::mix {

extern const std::array<int16_t, 256> kStartByHistory;  // that a one follows
// That the expected bit comes, [how often its byte came in a row][first bit, later bit].
extern const std::array<int16_t, 128> kStartByRun;
// The same, [confidence][first bit, later bit]; of repeats and of the other expectations.
extern const std::array<int16_t, 512> kStartByRepeat, kStartByPlace;

}  // namespace llmz::mix
