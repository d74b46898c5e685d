// SPDX-License-Identifier: Apache-2.0
// Files and pipes as sources and sinks, with gzip's manners. "-" is standard input or output.
// All errors are Error{kIo}. Their messages do not name the input; the caller's prefix does.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>

#include "base/hash.h"
#include "base/stream.h"

namespace llmz {

constexpr char kSuffix[] = ".llmz";

// Whether a name has more than this suffix.
bool has_suffix(const std::string& path, const std::string& suffix);

// Standard output does not take any more: further files are pointless.
class StdoutError : public Error {
 public:
  StdoutError(const std::string& message, bool reader_has_ended)
      : Error(ErrorKind::kIo, message), reader_has_ended_(reader_has_ended) {}
  // As in `llmz -dc FILE | head`: the program ends by SIGPIPE, and nobody needs to be told.
  bool ends_quietly() const;

 private:
  bool reader_has_ended_;
};

// Whether a named pipe, which waits for a writer, may be what the user means.
enum class Pipes { kRefused, kMeant };

class InputFile : public ByteSource {
 public:
  // Throws for directories, and for named pipes unless they are meant: opening one waits for a
  // writer. What a shell makes of <(COMMAND) is never refused.
  explicit InputFile(const std::string& path, Pipes pipes = Pipes::kRefused);
  ~InputFile() override;
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  // Of a file with a size, what it had when it was opened: what was written to it since is left
  // out. Throws if it has become shorter.
  size_t read(uint8_t* out, size_t count) override;

  // Of a pipe: whether it is empty now.
  bool may_wait() override;

  bool is_regular() const { return S_ISREG(status_.st_mode); }
  // From where it was opened to its end; nullopt for what has none, as a pipe or a file of /proc.
  std::optional<uint64_t> size_bytes() const { return size_bytes_; }
  // Whether its size, its time of change or, for a name, the file behind it is another one now.
  bool was_changed() const;
  // To this byte, counted from where it was opened. Only if it has a size.
  void seek(uint64_t offset);

  const std::string& path() const { return path_; }
  const struct stat& status() const { return status_; }

 private:
  std::string path_;
  int fd_;
  struct stat status_ = {};
  off_t start_ = 0;
  uint64_t position_ = 0;
  std::optional<uint64_t> size_bytes_;
};

// A file with a size.
class SeekableFile : public SeekableSource {
 public:
  explicit SeekableFile(InputFile& file) : file_(file) {}
  size_t read(uint8_t* out, size_t count) override { return file_.read(out, count); }
  uint64_t size_bytes() override { return file_.size_bytes().value_or(0); }
  void seek(uint64_t offset) override { file_.seek(offset); }

 private:
  InputFile& file_;
};

// The whole of a file or pipe, from where it stands.
Bytes read_all(InputFile& input);
Bytes read_all(const std::string& path);

// Writes to a file without a name in the folder of `path`, which takes its name only in commit();
// destroyed before, or with the process killed, it leaves nothing behind. (Where the system has no
// such files, a temporary name stands in, which only a kill leaves behind.) Blocks of zeros become
// holes. Standard output, devices and pipes are written directly.
class OutputFile : public ByteSink {
 public:
  // overwrite: may replace an existing file; without it, a file that comes into being between now
  // and commit() is safe too.
  OutputFile(const std::string& path, bool overwrite);
  ~OutputFile() override;
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(ByteView bytes) override;

  // After the last write().
  void finish_writing();

  // Everything is on the disk and has its name when this returns. Takes over permissions, owner
  // (as far as the system lets it) and times of `like` if there is one and it is a regular file.
  void commit(const InputFile* like = nullptr);

  // Where the bytes written so far can be read, once finish_writing() was called; empty if they
  // cannot.
  std::string readable_path() const;
  bool is_same_file_as(const InputFile& input) const;
  // A file that remains, unlike a pipe or a device.
  bool is_kept() const { return kept_; }

 private:
  void create();
  void link_temporary();
  void write_with_holes(ByteView bytes);
  void copy_attributes(const InputFile* like);
  void take_name();
  [[noreturn]] void fail(const std::string& what) const;

  std::string path_;
  bool is_new_ = false;      // a file that will take the name
  std::string temporary_;    // its name until then; empty for none
  uint64_t size_bytes_ = 0;  // of the new file, holes included
  bool overwrite_;
  bool kept_ = false;
  int fd_ = -1;
};

// Passes bytes through and hashes them.
class HashingSource : public ByteSource {
 public:
  explicit HashingSource(ByteSource& source) : source_(source) {}
  size_t read(uint8_t* out, size_t count) override {
    const size_t got = source_.read(out, count);
    hash_.update(ByteView(out, got));
    return got;
  }
  bool may_wait() override { return source_.may_wait(); }
  uint64_t digest() const { return hash_.digest(); }

 private:
  ByteSource& source_;
  Xxh3 hash_;
};

// Takes bytes and keeps only their hash.
class HashingSink : public ByteSink {
 public:
  void write(ByteView bytes) override { hash_.update(bytes); }
  uint64_t digest() const { return hash_.digest(); }

 private:
  Xxh3 hash_;
};

// Writes text to standard output.
void print(const std::string& text);

// Last of all: what the system still held back (disk full, over a network) is an error too.
void close_stdout();

// A closed standard descriptor would be given to the next file that is opened, and messages would
// end up in it. First of all.
void occupy_standard_descriptors();

}  // namespace llmz
