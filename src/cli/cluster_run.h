// SPDX-License-Identifier: Apache-2.0
// The processes that this one works with: those that an MPI launcher has started, or with --resume
// this one alone, for the journal.
#pragma once

#include "cli/options.h"
#include "cluster/cluster.h"

namespace llmz {

// Once, before anything else. Throws Error{kUsage}.
void join_cluster(const Options& options);

// For what one process does: throws Error{kUsage} where several were started for it.
void refuse_launcher(const char* command);

// nullptr for a program by itself.
Cluster* cluster();

// Works for another process, which alone writes and tells the user everything.
bool is_member();

// Of a member: does what it is given until the leader leaves. Signals end it.
void serve_leader(const Prepare& prepare);
// Of a member that cannot: every job ends with this error.
void refuse_jobs(const Error& error);

// Threads of this process.
unsigned threads_of(const Options& options);

// How many items of about so much memory each this process does at once.
unsigned items_that_fit(const Options& options, uint64_t bytes_each);

// After everything was told.
void leave_cluster();

}  // namespace llmz
