// SPDX-License-Identifier: Apache-2.0
#include "base/gnuplot.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

extern char** environ;

namespace llmz {
namespace {

struct Pipe {
  int ends[2] = {-1, -1};  // to read, to write
  Pipe() {
    if (pipe2(ends, O_CLOEXEC) != 0)
      throw Error(ErrorKind::kIo, std::string("cannot make a pipe: ") + std::strerror(errno));
  }
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  void close_end(int which) {
    if (ends[which] >= 0) close(ends[which]);
    ends[which] = -1;
  }
};

// The running program. Destroyed early, it loses its pipes, which ends it.
class Gnuplot {
 public:
  Gnuplot() {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, script_.ends[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, picture_.ends[1], STDOUT_FILENO);
    char program[] = "gnuplot", from_input[] = "-";
    char* const arguments[] = {program, from_input, nullptr};
    const int result = posix_spawnp(&process_, program, &actions, nullptr, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (result == ENOENT)
      throw Error(ErrorKind::kUsage,
                  "--plot draws with the program gnuplot, which is not installed (Debian: "
                  "gnuplot-nox); --csv gives the numbers for another program");
    if (result != 0)
      throw Error(ErrorKind::kIo, std::string("cannot run gnuplot: ") + std::strerror(result));
    script_.close_end(0);
    picture_.close_end(1);
  }

  ~Gnuplot() {
    script_.close_end(1);
    picture_.close_end(0);
    if (process_ > 0) wait();
  }

  // gnuplot reads all of a script before it draws what the last line asks for, so that the two
  // pipes cannot wait for each other.
  Bytes picture_of(const std::string& script, const std::function<void()>& tick) {
    for (size_t done = 0; done < script.size();) {
      const ssize_t wrote = write(script_.ends[1], script.data() + done, script.size() - done);
      if (wrote > 0) done += static_cast<size_t>(wrote);
      if (wrote < 0 && errno != EINTR) break;  // it has ended, and its status tells
      tick();
    }
    script_.close_end(1);
    Bytes picture;
    uint8_t buffer[4096];
    ssize_t got;
    while ((got = read(picture_.ends[0], buffer, sizeof buffer)) != 0) {
      if (got > 0) picture.insert(picture.end(), buffer, buffer + got);
      if (got < 0 && errno != EINTR) break;
      tick();
    }
    const int status = wait();
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || picture.empty())
      throw Error(ErrorKind::kIo, "gnuplot could not draw (it says why above)");
    return picture;
  }

 private:
  int wait() {
    int status = 0;
    while (waitpid(process_, &status, 0) < 0 && errno == EINTR) {
    }
    process_ = -1;
    return status;
  }

  Pipe script_, picture_;
  pid_t process_ = -1;
};

std::string terminal_of(const std::string& path) {
  const bool svg = path.compare(path.size() - 4, 4, ".svg") == 0;
  return svg ? "set terminal svg noenhanced size 900,560 background '#ffffff'\n"
             : "set terminal pngcairo noenhanced size 900,560\n";
}

}  // namespace

void check_gnuplot() { Gnuplot(); }

Bytes draw_with_gnuplot(const std::string& script, const std::string& path,
                        const std::function<void()>& tick) {
  return Gnuplot().picture_of(terminal_of(path) + script, tick);
}

std::string plot_block(const std::string& name, const std::string& lines) {
  return name + " << END_OF_BLOCK\n" + lines + "END_OF_BLOCK\n";
}

std::string plot_text(const std::string& text) {
  std::string safe = text;
  for (char& c : safe) {
    if (static_cast<uint8_t>(c) < ' ' || c == '"' || c == '\'' || c == '\\' || c == '`') c = '_';
  }
  return safe;
}

}  // namespace llmz
