/* SPDX-License-Identifier: Apache-2.0 */
/* The version of these headers, for C and C++. Until 1.0.0 the interface may change with the minor
   version, and a program is built anew for each; a library says its own with llmz::version() and
   llmz_version(). CMakeLists.txt reads the numbers from here. */
#pragma once

#define LLMZ_VERSION_MAJOR 0
#define LLMZ_VERSION_MINOR 1
#define LLMZ_VERSION_PATCH 0

/* For comparisons: LLMZ_VERSION_NUMBER >= LLMZ_MAKE_VERSION(0, 2, 0). */
#define LLMZ_MAKE_VERSION(major, minor, patch) ((major)*10000 + (minor)*100 + (patch))
#define LLMZ_VERSION_NUMBER \
  LLMZ_MAKE_VERSION(LLMZ_VERSION_MAJOR, LLMZ_VERSION_MINOR, LLMZ_VERSION_PATCH)

#define LLMZ_STRINGIFY_(x) #x
#define LLMZ_STRINGIFY(x) LLMZ_STRINGIFY_(x)
#define LLMZ_VERSION_STRING          \
  LLMZ_STRINGIFY(LLMZ_VERSION_MAJOR) \
  "." LLMZ_STRINGIFY(LLMZ_VERSION_MINOR) "." LLMZ_STRINGIFY(LLMZ_VERSION_PATCH)
