// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "base/bytes.h"

namespace llmz {

// A file that appears under its name only when it is whole, in place of one that is there. Until
// then it has a name of its own in the same folder (.llmz-XXXXXX), which nobody else has. Throws
// kIo.
inline void write_whole_file(const std::string& path, ByteView bytes) {
  const size_t folder_end = path.find_last_of('/');
  const std::string folder = folder_end == std::string::npos ? "" : path.substr(0, folder_end + 1);
  std::string temporary = folder + ".llmz-XXXXXX";
  const auto fail = [&] {
    throw Error(ErrorKind::kIo, path + ": cannot be written: " + std::strerror(errno));
  };
  const int file = mkstemp(temporary.data());
  if (file < 0) fail();
  bool good = true;
  for (size_t done = 0; good && done < bytes.size;) {
    const ssize_t now = write(file, bytes.data + done, bytes.size - done);
    if (now > 0) done += static_cast<size_t>(now);
    good = now > 0 || errno == EINTR;
  }
  const mode_t mask = umask(0);
  umask(mask);
  good = good && fchmod(file, 0666 & ~mask) == 0;  // mkstemp() lets nobody else read
  good = close(file) == 0 && good;
  if (good && std::rename(temporary.c_str(), path.c_str()) == 0) return;
  const int error = errno;
  unlink(temporary.c_str());
  errno = error;
  fail();
}

}  // namespace llmz
