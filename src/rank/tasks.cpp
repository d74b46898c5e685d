// SPDX-License-Identifier: Apache-2.0
#include "llmz_lab/tasks.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace llmz {
namespace {

constexpr size_t kMostTasks = 1'000'000;
constexpr size_t kWindowsAtOnce = 64;

using Json = nlohmann::json;

[[noreturn]] void refuse(size_t line, const std::string& what) {
  throw Error(ErrorKind::kUsage, "line " + std::to_string(line) + ": " + what);
}

std::string text_field(const Json& task, const char* name, size_t line) {
  const auto found = task.find(name);
  if (found == task.end() || !found->is_string())
    refuse(line, std::string("a task has a text \"") + name + "\"");
  return found->get<std::string>();
}

Task parse_task(std::string_view text, size_t line) {
  // Tasks are flat; a depth beyond that is an error before the parser's stack sees it.
  const auto shallow = [](int depth, Json::parse_event_t, Json&) {
    if (depth > 3) throw Error(ErrorKind::kUsage, "nested too deep for a task");
    return true;
  };
  Json object;
  try {
    object = Json::parse(text, shallow);
  } catch (const Json::exception&) {
    refuse(line, "not a JSON object: {\"context\": ..., \"choices\": [...], \"answer\": 0}");
  } catch (const Error& e) {
    refuse(line, e.what());
  }
  if (!object.is_object()) refuse(line, "a task is a JSON object");
  Task task;
  task.context = text_field(object, "context", line);
  if (object.count("ending")) task.ending = text_field(object, "ending", line);
  const auto choices = object.find("choices");
  if (choices == object.end() || !choices->is_array() || choices->size() < 2)
    refuse(line, "a task has two \"choices\" or more");
  for (const Json& choice : *choices) {
    if (!choice.is_string() || (task.ending.empty() && choice.get<std::string>().empty()))
      refuse(line, "choices must be non-empty strings");
    task.choices.push_back(choice.get<std::string>());
  }
  const auto answer = object.find("answer");
  if (answer == object.end() || !answer->is_number_unsigned() ||
      answer->get<uint64_t>() >= task.choices.size())
    refuse(line, "\"answer\" is the number of a choice, from 0 to " +
                     std::to_string(task.choices.size() - 1));
  task.answer = answer->get<size_t>();
  return task;
}

// A choice in its place, as tokens; the scored ones are at the end.
struct Candidate {
  std::vector<uint32_t> tokens;
  size_t first_scored;
  double scored_bytes;
};

Candidate candidate_of(const Task& task, size_t choice, const MeasuredModel& model) {
  std::string given = task.context, scored = task.choices[choice];
  if (!task.ending.empty()) {
    given += scored;
    scored = task.ending;
  }
  Candidate candidate = {{model.start_token}, 0, static_cast<double>(scored.size())};
  model.encode(ByteView(given), candidate.tokens);
  candidate.first_scored = candidate.tokens.size();
  model.encode(ByteView(scored), candidate.tokens);
  const size_t most = model.usual_window;
  if (candidate.tokens.size() > most) {
    const size_t cut = std::min(candidate.tokens.size() - most, candidate.first_scored - 1);
    candidate.tokens.erase(candidate.tokens.begin() + 1,
                           candidate.tokens.begin() + 1 + static_cast<ptrdiff_t>(cut));
    candidate.first_scored -= cut;
  }
  return candidate;
}

}  // namespace

std::vector<Task> read_tasks(ByteView lines) {
  std::vector<Task> tasks;
  const std::string_view text = lines.text();
  for (size_t begin = 0, line = 1; begin < text.size(); ++line) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view one = text.substr(begin, end - begin);
    begin = end + 1;
    if (one.find_first_not_of(" \t\r") == one.npos) continue;
    if (tasks.size() == kMostTasks) refuse(line, "more than a million tasks");
    tasks.push_back(parse_task(one, line));
  }
  if (tasks.empty())
    throw Error(ErrorKind::kUsage, "no tasks found: one JSON object per line was expected");
  return tasks;
}

TaskResult run_tasks(const std::vector<Task>& tasks, MeasuredModel& model,
                     const Progress& progress) {
  TaskResult result;
  result.tasks = tasks.size();
  uint64_t done_bytes = 0;
  for (size_t first = 0; first < tasks.size();) {
    std::vector<Candidate> candidates;
    size_t last = first;
    for (; last < tasks.size() && candidates.size() < kWindowsAtOnce; ++last) {
      for (size_t c = 0; c < tasks[last].choices.size(); ++c)
        candidates.push_back(candidate_of(tasks[last], c, model));
    }
    std::vector<Window> windows;
    for (const Candidate& c : candidates)
      windows.push_back({c.tokens.data(), c.tokens.size(), c.first_scored});
    std::vector<float> bits;
    model.model->bits(windows, bits);
    auto next_bits = bits.begin();
    auto candidate = candidates.begin();
    for (; first < last; ++first) {
      std::vector<double> raw, per_byte;
      for (size_t c = 0; c < tasks[first].choices.size(); ++c, ++candidate) {
        double sum = 0;
        for (size_t i = candidate->first_scored; i < candidate->tokens.size(); ++i)
          sum += *next_bits++;
        raw.push_back(sum);
        per_byte.push_back(sum / candidate->scored_bytes);
        done_bytes += tasks[first].context.size() + tasks[first].choices[c].size();
      }
      const auto least = [](const std::vector<double>& v) {
        return static_cast<size_t>(std::min_element(v.begin(), v.end()) - v.begin());
      };
      result.right += least(raw) == tasks[first].answer;
      result.right_per_byte += least(per_byte) == tasks[first].answer;
      result.chance += 1.0 / static_cast<double>(raw.size() * tasks.size());
    }
    if (progress) progress(done_bytes);
  }
  return result;
}

}  // namespace llmz
