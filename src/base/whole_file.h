// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "base/bytes.h"

namespace llmz {

inline bool write_all(int file, ByteView bytes) {
  bool good = true;
  for (size_t done = 0; good && done < bytes.size;) {
    const ssize_t now = write(file, bytes.data + done, bytes.size - done);
    if (now > 0) done += static_cast<size_t>(now);
    good = now > 0 || errno == EINTR;
  }
  return good;
}

// Written without a name, so that a process that is killed leaves nothing, and then given one.
// False where the system cannot do that; nothing is left then.
inline bool write_unnamed(const std::string& folder, const std::string& name, ByteView bytes) {
#if defined(O_TMPFILE)
  const int file =
      open(folder.empty() ? "." : folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
  if (file < 0) return false;
  const std::string link = "/proc/self/fd/" + std::to_string(file);
  const bool good = write_all(file, bytes) &&
                    linkat(AT_FDCWD, link.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) == 0;
  return close(file) == 0 && good;
#else
  (void)folder, (void)name, (void)bytes;
  return false;
#endif
}

// Under its name from the beginning, which becomes one that nobody else has.
inline bool write_named(std::string& name, ByteView bytes) {
  name += "-XXXXXX";
  const int file = mkstemp(name.data());
  if (file < 0) return false;
  const mode_t mask = umask(0);
  umask(mask);
  const bool good =
      write_all(file, bytes) && fchmod(file, 0666 & ~mask) == 0;  // mkstemp() lets nobody else read
  return close(file) == 0 && good;
}

// A file that appears under its name only when it is whole, in place of one that is there. Just
// before it has a name of its own in the same folder (.llmz-...). Throws kIo.
inline void write_whole_file(const std::string& path, ByteView bytes) {
  const size_t folder_end = path.find_last_of('/');
  const std::string folder = folder_end == std::string::npos ? "" : path.substr(0, folder_end + 1);
  std::string temporary = folder + ".llmz-" + std::to_string(getpid());
  if ((write_unnamed(folder, temporary, bytes) || write_named(temporary, bytes)) &&
      std::rename(temporary.c_str(), path.c_str()) == 0)
    return;
  const int error = errno;
  unlink(temporary.c_str());
  throw Error(ErrorKind::kIo, path + ": cannot be written: " + std::strerror(error));
}

}  // namespace llmz
