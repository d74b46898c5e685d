// SPDX-License-Identifier: Apache-2.0
#include "cli/option_rows.h"

#include "cli/option_values.h"

namespace llmz {
namespace {

constexpr unsigned kAll = ~0u;
constexpr unsigned kCompressing = bit(Command::kCompress);
constexpr unsigned kDecompressing = bit(Command::kDecompress);
constexpr unsigned kTesting = bit(Command::kTest);
constexpr unsigned kInforming = bit(Command::kInfo);
constexpr unsigned kEstimating = bit(Command::kEstimate);
constexpr unsigned kCompareOnly = bit(Command::kCompare);
constexpr unsigned kRanking = bit(Command::kRank);
constexpr unsigned kGenerating = bit(Command::kGenerate);
constexpr unsigned kImporting = bit(Command::kImport);
constexpr unsigned kListing = bit(Command::kModels);

constexpr unsigned kCoding = kCompressing | kDecompressing;
constexpr unsigned kReading = kCoding | kTesting | kInforming | kEstimating;
constexpr unsigned kWriting = kCoding | kImporting | kListing;
constexpr unsigned kEncoding = kCompressing | kEstimating;
constexpr unsigned kComparing = kEncoding | kCompareOnly;
constexpr unsigned kTables = kCompareOnly | kRanking;
constexpr unsigned kPlotting = kTables | kEstimating;
constexpr unsigned kMeasuring = kEstimating | kRanking | kGenerating;
constexpr unsigned kComputing = kCoding | kTesting | kMeasuring | kCompareOnly | kImporting;
constexpr unsigned kReporting = kReading | kComputing | kListing;

FloatSettings& float_settings(Options& options) {
  if (!options.measure.as_float) options.measure.as_float.emplace();
  return *options.measure.as_float;
}

template <Command command>
void choose(Options& options, const std::string&) {
  options.command = command;
  options.command_given = true;
}

template <char level>
void take_level(Options& options, const std::string&) {
  options.level = level;
}

void ignore(Options&, const std::string&) {}

const std::vector<OptionRow> kRows = {
    {nullptr, 0, nullptr, 0, 0,
     "What to do (a command as an option is never taken for a file):", nullptr},
    {"compress", 'z', nullptr, kAll, 0, "compress (default)", choose<Command::kCompress>},
    {"decompress", 'd', nullptr, kAll, 0, "decompress", choose<Command::kDecompress>},
    {"uncompress", 0, nullptr, kAll, 0, "the same", choose<Command::kDecompress>},
    {"test", 't', nullptr, kAll, 0, "decode and verify, write nothing", choose<Command::kTest>},
    {"list", 'l', nullptr, kAll, 0, "one line of sizes for each file",
     [](Options& o, const std::string& value) {
       choose<Command::kInfo>(o, value);
       o.list = true;
     }},
    {"info", 0, nullptr, kAll, 0, "as the command info", choose<Command::kInfo>},
    {"estimate", 0, nullptr, kAll, 0, "as the command estimate", choose<Command::kEstimate>},
    {"compare", 0, nullptr, kAll, 0, "as the command compare", choose<Command::kCompare>},
    {"rank", 0, nullptr, kAll, 0, "as the command rank", choose<Command::kRank>},
    {"generate", 0, nullptr, kAll, 0, "as the command generate", choose<Command::kGenerate>},
    {"import", 0, nullptr, kAll, 0, "as the command import", choose<Command::kImport>},
    {"models", 0, nullptr, kAll, 0, "as the command models", choose<Command::kModels>},
    {"train", 0, nullptr, kAll, 0, "as the command train; the first argument",
     choose<Command::kTrain>},
    {"help", 'h', nullptr, kAll, 0, "show this text, or after a command its options",
     choose<Command::kHelp>},
    {"version", 'V', nullptr, kAll, 0, "show the version", choose<Command::kVersion>},

    {nullptr, 0, nullptr, 0, 0, "Files:", nullptr},
    {"output", 'o', "FILE", kWriting, kWriting, "write to FILE",
     [](Options& o, const std::string& value) { o.output = value; }},
    {"stdout", 'c', nullptr, kAll, kCoding, "write to standard output",
     [](Options& o, const std::string&) { o.output = "-"; }},
    {"to-stdout", 0, nullptr, kAll, kCoding, "the same",
     [](Options& o, const std::string&) { o.output = "-"; }},
    {"suffix", 'S', ".SUF", kReading, kReading, "use the suffix .SUF instead of .llmz",
     [](Options& o, const std::string& value) { o.suffix = parse_suffix(value); }},
    {"recursive", 'r', nullptr, kReading, kReading, "recurse into directories",
     [](Options& o, const std::string&) { o.recursive = true; }},
    {"keep", 'k', nullptr, kAll, kCoding, "keep the input file (default)",
     [](Options& o, const std::string&) { o.remove_input = false; }},
    {"rm", 0, nullptr, kCoding, kCoding, "remove the input file after success",
     [](Options& o, const std::string&) { o.remove_input = true; }},
    {"force", 'f', nullptr, kAll, kWriting | kPlotting,
     "overwrite files; use terminals and devices for data; with -dc, copy what is not an llmz file",
     [](Options& o, const std::string&) { o.force = true; }},
    {"no-name", 'n', nullptr, kAll, kCoding, "ignored: a compressed file holds no name", ignore},

    {nullptr, 0, nullptr, 0, 0, "Messages:", nullptr},
    {"quiet", 'q', nullptr, kAll, kReporting, "no warnings, no progress",
     [](Options& o, const std::string&) {
       o.quiet = true;
       o.verbose = false;
     }},
    {"verbose", 'v', nullptr, kAll, kReading,
     "a line for each file, and the time left of long jobs",
     [](Options& o, const std::string&) {
       o.verbose = true;
       o.quiet = false;
     }},
    {"no-progress", 0, nullptr, kAll, kReporting, "no progress on a terminal",
     [](Options& o, const std::string&) { o.progress = false; }},
    {"json", 0, nullptr, kAll, kReporting,
     "write results and errors as one JSON object to standard output",
     [](Options& o, const std::string&) { o.json = true; }},

    {nullptr, 0, nullptr, 0, 0, "Compression:", nullptr},
    {"fast", 0, nullptr, kAll, kComparing, "the same as -1", take_level<'1'>},
    {"best", 0, nullptr, kAll, kComparing, "the same as -9", take_level<'9'>},
    {"extreme", 'e', nullptr, kAll, kCompressing, "ignored, for xz's -9e", ignore},
    {"model", 'm', "MODEL", kAll, kComputing,
     "name, fingerprint or file of a model (default: default)",
     [](Options& o, const std::string& value) {
       o.compress.model = value;
       o.model_given = true;
       o.measure.models.push_back(value);
     }},
    {"lanes", 0, "N", kComparing, kComparing,
     "parallel lanes, 1 to 255: 1 gives the best ratio and the lowest speed (default: 16)",
     [](Options& o, const std::string& value) {
       o.compress.lanes = parse_count("--lanes", value, 255);
     }},
    {"block-size", 0, "SIZE", kEncoding, kEncoding,
     "cut what is longer into independent blocks of SIZE bytes, with K, M, G or T, which are coded "
     "and "
     "decoded side by side (default: 16M); 0: one block, which compresses best",
     [](Options& o, const std::string& value) {
       o.compress.block_size_bytes = parse_size("--block-size", value);
     }},
    {"embed-model", 0, nullptr, kEncoding, kEncoding,
     "begin the file with the model (9.6 MB for default), so that it can be read without it",
     [](Options& o, const std::string&) { o.compress.embed_model = true; }},
    {"reference", 'D', "FILE", kCoding | kTesting, kCoding | kTesting,
     "code as if FILE (at most 16 MB) had come before: for many short texts like it, or another "
     "version of it; decompression needs the same FILE",
     [](Options& o, const std::string& value) { o.reference = value; }},
    {"patch-from", 0, "FILE", kCoding | kTesting, kCoding | kTesting, "the same",
     [](Options& o, const std::string& value) { o.reference = value; }},
    {"frozen", 0, nullptr, kComparing, kComparing,
     "do not adapt the model to the text: faster, larger output",
     [](Options& o, const std::string&) { o.compress.learning = false; }},
    {"no-mix", 0, nullptr, kComparing, kComparing,
     "code with the model's predictions alone, without the context mixer",
     [](Options& o, const std::string&) { o.compress.mix = false; }},
    {"memory", 0, "SIZE", kComparing, kComparing,
     "memory of the context mixer, needed for decompression too: a power of two from 64K to 256M "
     "(default: 64M)",
     [](Options& o, const std::string& value) {
       o.compress.memory_bits = parse_memory("--memory", value);
     }},
    {"verify", 0, nullptr, kCompressing, kCompressing,
     "decode the output and compare it before it gets its name",
     [](Options& o, const std::string&) { o.verify = true; }},

    {"resume", 0, nullptr, kCoding, kCoding,
     "keep finished blocks in a journal beside the output, and go on with those of a run that was "
     "stopped",
     [](Options& o, const std::string&) { o.resume = true; }},

    {nullptr, 0, nullptr, 0, 0, "Decompression:", nullptr},
    {"salvage", 0, nullptr, kDecompressing, kDecompressing,
     "recover whatever is readable from a damaged file",
     [](Options& o, const std::string&) { o.salvage = true; }},

    {"range", 0, "FROM:COUNT", kDecompressing, kDecompressing,
     "decode only COUNT bytes of the content from byte FROM on, with K, M, G or T, to standard "
     "output "
     "unless -o is given; without COUNT, all to the end",
     [](Options& o, const std::string& value) { o.range = parse_range("--range", value); }},

    {nullptr, 0, nullptr, 0, 0, "Test:", nullptr},
    {"against", 0, "FILE", kTesting, kTesting, "compare the decoded data with FILE",
     [](Options& o, const std::string& value) { o.against = value; }},
    {"self", 0, nullptr, kTesting, kTesting,
     "verify that this machine reproduces the model's reference output; takes no files",
     [](Options& o, const std::string&) { o.self = true; }},

    {nullptr, 0, nullptr, 0, 0, "What to measure:", nullptr},
    {"as-compressed", 0, nullptr, kEstimating, kEstimating,
     "do what compress does, and show the size of the file",
     [](Options& o, const std::string&) { o.estimate_of = EstimateOf::kFile; }},
    {"adaptive", 0, nullptr, kEstimating, kEstimating,
     "measure the model while it adapts to the text, without the mixer",
     [](Options& o, const std::string&) { o.estimate_of = EstimateOf::kLearningNetwork; }},
    {"window", 0, "TOKENS", kEstimating, kEstimating,
     "context length in tokens; every window starts empty",
     [](Options& o, const std::string& value) {
       o.measure.window_tokens = parse_whole("--window", value, 1 << 24);
     }},
    {"stride", 0, "TOKENS", kEstimating, kEstimating,
     "new tokens scored in each window (default: half of it)",
     [](Options& o, const std::string& value) {
       o.measure.stride_tokens = parse_whole("--stride", value, 1 << 24);
     }},
    {"positions", 0, nullptr, kEstimating, kEstimating,
     "show bits per byte by position in the text, chunk or document; --plot draws them",
     [](Options& o, const std::string&) { o.measure.positions = true; }},
    {"documents", 0, "SEPARATOR", kEstimating | kRanking, kEstimating | kRanking,
     "treat parts of a file as independent documents: file, line, blank-line or nul",
     [](Options& o, const std::string& value) { o.measure.documents = parse_documents(value); }},
    {"chunk", 0, "SIZE", kPlotting, kPlotting,
     "cut the content into independent chunks of SIZE bytes",
     [](Options& o, const std::string& value) { o.chunk_bytes = parse_size("--chunk", value); }},
    {"protocol", 0, "NAME", kRanking, kRanking,
     "measure the models of -m (default: all installed) on FILE: text8, chunks or bpc",
     [](Options& o, const std::string& value) { o.measure.protocol = parse_protocol(value); }},
    {"limit", 0, "N", kRanking, kRanking, "at most N texts or chunks (text8: 10000)",
     [](Options& o, const std::string& value) {
       o.measure.limit = parse_whole("--limit", value, UINT32_MAX);
     }},
    {"tasks", 0, "FILE", kRanking, kRanking,
     "score the models on multiple-choice tasks, one JSON object per line",
     [](Options& o, const std::string& value) { o.measure.tasks = value; }},
    {"scores", 0, "FILE", kRanking, kRanking,
     "benchmark scores of models as CSV, with their compression unless --protocol measures it; "
     "\"published\" is the table of Huang et al. 2024",
     [](Options& o, const std::string& value) { o.scores = value; }},
    {"without", 0, "[AREA:]NAME", kRanking, kRanking, "leave out models whose names contain NAME",
     [](Options& o, const std::string& value) { o.without.push_back(parse_without(value)); }},
    {"no-cache", 0, nullptr, kRanking, kRanking, "measure again instead of using kept results",
     [](Options& o, const std::string&) { o.measure.use_cache = false; }},
    {"images", 0, "WIDTH", kCompareOnly, kCompareOnly,
     "add PNG: bytes are gray pixels in rows of WIDTH",
     [](Options& o, const std::string& value) { o.image_width = parse_width(value); }},
    {"audio", 0, nullptr, kCompareOnly, kCompareOnly, "add FLAC: samples of 8 and 16 bits",
     [](Options& o, const std::string&) { o.audio = true; }},
    {"csv", 0, nullptr, kTables, kTables, "print comma-separated values",
     [](Options& o, const std::string&) { o.csv = true; }},
    {"plot", 0, "FILE", kPlotting, kPlotting, "draw FILE.svg or FILE.png with gnuplot",
     [](Options& o, const std::string& value) { o.plot = parse_plot(value); }},
    {"html", 0, "FILE", kEstimating, kEstimating,
     "write a page for a browser: the text coloured by bits, with what the model expected at each "
     "token; with -m twice, two models side by side",
     [](Options& o, const std::string& value) { o.html = value; }},

    {nullptr, 0, nullptr, 0, 0, "Generation:", nullptr},
    {"prompt", 0, "TEXT", kGenerating, kGenerating, "continue TEXT instead of a file",
     [](Options& o, const std::string& value) { o.measure.prompt = value; }},
    {"length", 0, "SIZE", kGenerating, kGenerating, "stop after SIZE bytes (default: 1000)",
     [](Options& o, const std::string& value) {
       o.measure.length_bytes = parse_size("--length", value);
     }},
    {"seed", 0, "N", kGenerating, kGenerating, "the same N gives the same text (default: 0)",
     [](Options& o, const std::string& value) {
       o.measure.sampling.seed = parse_whole("--seed", value, UINT32_MAX);
     }},
    {"temperature", 0, "T", kGenerating, kGenerating,
     "0 always takes the most probable token (default: 1)",
     [](Options& o, const std::string& value) {
       o.measure.sampling.temperature = parse_temperature(value);
     }},
    {"top-k", 0, "N", kGenerating, kGenerating,
     "draw from the N most probable tokens (default: all)",
     [](Options& o, const std::string& value) {
       o.measure.sampling.top_k = parse_count("--top-k", value, 1 << 30);
     }},

    {nullptr, 0, nullptr, 0, 0,
     "Floating point (-m may then be a Hugging Face folder or a GGUF file):", nullptr},
    {"float", 0, nullptr, kMeasuring, kMeasuring,
     "compute in floating point with libtorch, not in exact integers",
     [](Options& o, const std::string&) { float_settings(o); }},
    {"type", 0, "TYPE", kMeasuring, kMeasuring,
     "float32, bfloat16 or float16, for --float (default: float32)",
     [](Options& o, const std::string& value) {
       float_settings(o).precision = parse_float_type(value);
     }},
    {"device", 0, "DEVICE", kMeasuring, kMeasuring,
     "cpu, cuda or cuda:1, for --float (default: cpu)",
     [](Options& o, const std::string& value) { float_settings(o).device = value; }},

    {nullptr, 0, nullptr, 0, 0, "Import:", nullptr},
    {"tokenizer", 0, "FILE", kImporting, kImporting,
     "use this tokenizer.json or tokenizer.model instead of the folder's",
     [](Options& o, const std::string& value) { o.tokenizer = value; }},
    {"name", 0, "NAME", kImporting, kImporting, "the model's name (default: the folder's)",
     [](Options& o, const std::string& value) { o.model_name = value; }},
    {"context", 0, "N", kImporting, kImporting,
     "context length in tokens (default: the model's own, at most 2048)",
     [](Options& o, const std::string& value) {
       o.context = parse_count("--context", value, 1 << 20);
     }},

    {nullptr, 0, nullptr, 0, 0, "Models:", nullptr},
    {"export", 0, nullptr, kListing, kListing,
     "copy the models that the compressed FILEs need to their folders, or to -o FOLDER",
     [](Options& o, const std::string&) { o.export_models = true; }},

    {nullptr, 0, nullptr, 0, 0, "Machine:", nullptr},
    {"threads", 'T', "N", kAll, kComputing,
     "use N threads, at most one for each usable processor (default, and 0: one for each)",
     [](Options& o, const std::string& value) {
       o.compress.engine.threads = parse_count("-T", value, 1024);
     }},
    {"memlimit", 'M', "SIZE", kCoding | kTesting, kCoding | kTesting,
     "take at most about SIZE bytes of memory, with K, M, G or T: fewer blocks at once; an error "
     "if "
     "it "
     "does not suffice for one (default, and 0: half of the machine's memory for blocks at once)",
     [](Options& o, const std::string& value) {
       o.compress.max_memory_bytes = parse_size("--memlimit", value);
     }},
    {"memory-limit", 0, "SIZE", kCoding | kTesting, kCoding | kTesting, "the same",
     [](Options& o, const std::string& value) {
       o.compress.max_memory_bytes = parse_size("--memory-limit", value);
     }},
    {"engine", 0, "NAME", kAll, kComputing,
     "auto, cpu, torch or cuda; the result is the same (default: auto)",
     [](Options& o, const std::string& value) { o.compress.engine.engine = parse_engine(value); }},
};

}  // namespace

const std::vector<OptionRow>& option_rows() { return kRows; }

}  // namespace llmz
