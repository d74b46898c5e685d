// SPDX-License-Identifier: Apache-2.0
#include "hf/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace llmz::hf {
namespace {

class FileDescriptor {
 public:
  explicit FileDescriptor(const std::string& path)
      : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    if (fd_ < 0) throw Error(ErrorKind::kIo, path + ": " + std::strerror(errno));
  }
  ~FileDescriptor() { close(fd_); }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  operator int() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

MappedFile::MappedFile(const std::string& path) {
  const FileDescriptor file(path);
  struct stat status;
  if (fstat(file, &status) != 0) throw Error(ErrorKind::kIo, path + ": " + std::strerror(errno));
  if (!S_ISREG(status.st_mode)) throw Error(ErrorKind::kIo, path + ": not a regular file");
  const auto size = static_cast<size_t>(status.st_size);
  if (size == 0) return;
  void* const memory = mmap(nullptr, size, PROT_READ, MAP_SHARED, file, 0);
  if (memory == MAP_FAILED) throw Error(ErrorKind::kIo, path + ": " + std::strerror(errno));
  bytes_ = {static_cast<const uint8_t*>(memory), size};
}

MappedFile::~MappedFile() {
  if (bytes_.size > 0) munmap(const_cast<uint8_t*>(bytes_.data), bytes_.size);
}

}  // namespace llmz::hf
