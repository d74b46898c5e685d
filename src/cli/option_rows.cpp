// SPDX-License-Identifier: Apache-2.0
#include "cli/option_rows.h"

#include "cli/option_values.h"

namespace llmz {
namespace {

constexpr unsigned kAll = ~0u;
constexpr unsigned kCoding = bit(Command::kCompress) | bit(Command::kDecompress);
constexpr unsigned kReading =
    kCoding | bit(Command::kTest) | bit(Command::kInfo) | bit(Command::kEstimate);
constexpr unsigned kWriting = kCoding | bit(Command::kImport);
constexpr unsigned kEncoding = bit(Command::kCompress) | bit(Command::kEstimate);
constexpr unsigned kComparing = kEncoding | bit(Command::kCompare);
constexpr unsigned kTables = bit(Command::kCompare) | bit(Command::kRank);
constexpr unsigned kPlotting = kTables | bit(Command::kEstimate);
constexpr unsigned kMeasuring =
    bit(Command::kEstimate) | bit(Command::kRank) | bit(Command::kGenerate);

FloatSettings& float_settings(Options& options) {
  if (!options.measure.as_float) options.measure.as_float.emplace();
  return *options.measure.as_float;
}

const std::vector<OptionRow> kRows = {
    {nullptr, 0, nullptr, 0, "What to do, as an option:", nullptr},
    {"compress", 'z', nullptr, kAll, "compress (without this option too)",
     [](Options& o, const std::string&) { o.command = Command::kCompress; }},
    {"decompress", 'd', nullptr, kAll, "decompress",
     [](Options& o, const std::string&) { o.command = Command::kDecompress; }},
    {"test", 't', nullptr, kAll, "decode and check, write nothing",
     [](Options& o, const std::string&) { o.command = Command::kTest; }},
    {"list", 'l', nullptr, kAll, "a table of sizes",
     [](Options& o, const std::string&) {
       o.command = Command::kInfo;
       o.list = true;
     }},
    {"help", 'h', nullptr, kAll, "this text",
     [](Options& o, const std::string&) { o.command = Command::kHelp; }},
    {"version", 'V', nullptr, kAll, "the version",
     [](Options& o, const std::string&) { o.command = Command::kVersion; }},

    {nullptr, 0, nullptr, 0, "Files:", nullptr},
    {"output", 'o', "FILE", kWriting, "write to FILE",
     [](Options& o, const std::string& value) { o.output = value; }},
    {"stdout", 'c', nullptr, kAll, "write to standard output",
     [](Options& o, const std::string&) { o.output = "-"; }},
    {"recursive", 'r', nullptr, kReading, "the files in folders, and in theirs, one by one",
     [](Options& o, const std::string&) { o.recursive = true; }},
    {"keep", 'k', nullptr, kAll, "keep the input (the default)",
     [](Options& o, const std::string&) { o.remove_input = false; }},
    {"rm", 0, nullptr, kCoding, "remove the input when its output is safe on the disk",
     [](Options& o, const std::string&) { o.remove_input = true; }},
    {"force", 'f', nullptr, kAll, "replace existing files; use a terminal or a device for data",
     [](Options& o, const std::string&) { o.force = true; }},

    {nullptr, 0, nullptr, 0, "Messages:", nullptr},
    {"quiet", 'q', nullptr, kAll, "no warnings, no progress",
     [](Options& o, const std::string&) { o.quiet = true; }},
    {"verbose", 'v', nullptr, kAll, "a line for each file, and the expected time",
     [](Options& o, const std::string&) { o.verbose = true; }},
    {"json", 0, nullptr, kAll, "results and errors as one JSON object on standard output",
     [](Options& o, const std::string&) { o.json = true; }},

    {nullptr, 0, nullptr, 0, "Compression:", nullptr},
    {"model", 'm', "MODEL", kAll, "name, fingerprint or file of a model (default: default)",
     [](Options& o, const std::string& value) {
       o.compress.model = value;
       o.model_given = true;
       o.measure.models.push_back(value);
     }},
    {"lanes", 0, "N", kComparing, "texts in lockstep, 1 to 255: 1 compresses best and slowest (16)",
     [](Options& o, const std::string& value) {
       o.compress.lanes = parse_count("--lanes", value, 255);
     }},
    {"block-size", 0, "SIZE", kEncoding,
     "independent blocks of SIZE bytes, with K, M or G (default:\none block, which compresses "
     "best)",
     [](Options& o, const std::string& value) {
       o.compress.block_size_bytes = parse_size("--block-size", value);
     }},
    {"frozen", 0, nullptr, kComparing, "do not learn from the text: faster, and compresses worse",
     [](Options& o, const std::string&) { o.compress.learning = false; }},
    {"no-mix", 0, nullptr, kComparing,
     "the network's tables alone, whatever the bytes are: the\ncoder of the papers",
     [](Options& o, const std::string&) { o.compress.mix = false; }},
    {"memory", 0, "SIZE", kComparing,
     "of the mix, to compress and to decompress: 64K to 256M, a\npower of two (64M)",
     [](Options& o, const std::string& value) {
       o.compress.memory_bits = parse_memory("--memory", value);
     }},
    {"salvage", 0, nullptr, bit(Command::kDecompress),
     "of a damaged file, decode what can be decoded",
     [](Options& o, const std::string&) { o.salvage = true; }},
    {"verify", 0, nullptr, bit(Command::kCompress),
     "decode the output and compare before it takes its name",
     [](Options& o, const std::string&) { o.verify = true; }},

    {nullptr, 0, nullptr, 0, "Machine:", nullptr},
    {"threads", 'T', "N", kAll, "threads (default, and 0: one for each processor)",
     [](Options& o, const std::string& value) {
       o.compress.engine.threads = parse_count("-T", value, 1024);
     }},
    {"engine", 0, "NAME", kAll, "auto, cpu, torch or cuda: the result is the same (auto)",
     [](Options& o, const std::string& value) { o.compress.engine.engine = parse_engine(value); }},

    {nullptr, 0, nullptr, 0, "Of test:", nullptr},
    {"against", 0, "FILE", bit(Command::kTest), "compare what is decoded with FILE",
     [](Options& o, const std::string& value) { o.against = value; }},
    {"self", 0, nullptr, bit(Command::kTest),
     "does this machine compute what the model's makers did?",
     [](Options& o, const std::string&) { o.self = true; }},
    {nullptr, 0, nullptr, 0, "Of estimate:", nullptr},
    {"as-compressed", 0, nullptr, bit(Command::kEstimate),
     "do what compress does, and give the file's size",
     [](Options& o, const std::string&) { o.estimate_of = EstimateOf::kFile; }},
    {"adaptive", 0, nullptr, bit(Command::kEstimate),
     "of the network that learns from the text, without the mix",
     [](Options& o, const std::string&) { o.estimate_of = EstimateOf::kLearningNetwork; }},

    {"window", 0, "TOKENS", bit(Command::kEstimate),
     "read windows of so many tokens, each with no history",
     [](Options& o, const std::string& value) {
       o.measure.window_tokens = parse_whole("--window", value, 1 << 24);
     }},
    {"stride", 0, "TOKENS", bit(Command::kEstimate),
     "score so many new tokens in each window (half of it)",
     [](Options& o, const std::string& value) {
       o.measure.stride_tokens = parse_whole("--stride", value, 1 << 24);
     }},
    {"positions", 0, nullptr, bit(Command::kEstimate),
     "the rate against the position in the text, chunk or\ndocument; --plot draws it",
     [](Options& o, const std::string&) { o.measure.positions = true; }},

    {nullptr, 0, nullptr, 0,
     "Of estimate, rank and generate (-m may be a Hugging Face directory):", nullptr},
    {"float", 0, nullptr, kMeasuring, "compute in floating point (libtorch), not in exact integers",
     [](Options& o, const std::string&) { float_settings(o); }},
    {"type", 0, "TYPE", kMeasuring, "float32, bfloat16 or float16: of --float (float32)",
     [](Options& o, const std::string& value) {
       float_settings(o).precision = parse_float_type(value);
     }},
    {"device", 0, "DEVICE", kMeasuring, "cpu, cuda, cuda:1: of --float (cpu)",
     [](Options& o, const std::string& value) { float_settings(o).device = value; }},

    {nullptr, 0, nullptr, 0, "Of estimate and rank:", nullptr},
    {"documents", 0, "SEPARATOR", bit(Command::kEstimate) | bit(Command::kRank),
     "texts without history of each other: file, line,\nblank-line or nul",
     [](Options& o, const std::string& value) { o.measure.documents = parse_documents(value); }},

    {nullptr, 0, nullptr, 0, "Of estimate, compare and rank:", nullptr},
    {"chunk", 0, "SIZE", bit(Command::kCompare) | bit(Command::kEstimate) | bit(Command::kRank),
     "chunks of SIZE bytes, without history of each other",
     [](Options& o, const std::string& value) { o.chunk_bytes = parse_size("--chunk", value); }},
    {"plot", 0, "FILE", kPlotting, "draw FILE.svg or FILE.png, with gnuplot",
     [](Options& o, const std::string& value) { o.plot = parse_plot(value); }},

    {nullptr, 0, nullptr, 0, "Of compare and rank:", nullptr},
    {"csv", 0, nullptr, kTables, "the table as comma-separated values",
     [](Options& o, const std::string&) { o.csv = true; }},

    {nullptr, 0, nullptr, 0, "Of compare:", nullptr},
    {"images", 0, "WIDTH", bit(Command::kCompare),
     "PNG too: bytes are gray pixels in rows of WIDTH",
     [](Options& o, const std::string& value) { o.image_width = parse_width(value); }},
    {"audio", 0, nullptr, bit(Command::kCompare), "FLAC too: bytes are 8-bit samples",
     [](Options& o, const std::string&) { o.audio = true; }},

    {nullptr, 0, nullptr, 0, "Of rank:", nullptr},
    {"protocol", 0, "NAME", bit(Command::kRank),
     "measure the models of -m (else all installed) on FILE:\ntext8, chunks or bpc",
     [](Options& o, const std::string& value) { o.measure.protocol = parse_protocol(value); }},
    {"limit", 0, "N", bit(Command::kRank), "at most N texts or chunks (text8: 10000)",
     [](Options& o, const std::string& value) {
       o.measure.limit = parse_whole("--limit", value, UINT32_MAX);
     }},
    {"tasks", 0, "FILE", bit(Command::kRank),
     "multiple-choice tasks, as JSON lines: score the models",
     [](Options& o, const std::string& value) { o.measure.tasks = value; }},
    {"scores", 0, "FILE", bit(Command::kRank),
     "scores of models as CSV, and, without --protocol, their\n"
     "compression; \"published\": the table of Huang et al. 2024",
     [](Options& o, const std::string& value) { o.scores = value; }},
    {"without", 0, "[AREA:]NAME", bit(Command::kRank), "leave out the models with NAME in theirs",
     [](Options& o, const std::string& value) { o.without.push_back(parse_without(value)); }},
    {"no-cache", 0, nullptr, bit(Command::kRank), "measure again what was measured before",
     [](Options& o, const std::string&) { o.measure.use_cache = false; }},

    {nullptr, 0, nullptr, 0, "Of import:", nullptr},
    {"tokenizer", 0, "FILE", bit(Command::kImport),
     "tokenizer.json or tokenizer.model instead of the folder's",
     [](Options& o, const std::string& value) { o.tokenizer = value; }},
    {"name", 0, "NAME", bit(Command::kImport), "the model's name (the folder's)",
     [](Options& o, const std::string& value) { o.model_name = value; }},
    {"context", 0, "N", bit(Command::kImport),
     "tokens that it looks back on at most (the model's own, at\nmost 2048)",
     [](Options& o, const std::string& value) {
       o.context = parse_count("--context", value, 1 << 20);
     }},

    {nullptr, 0, nullptr, 0, "Of generate (-m may be gzip or lzma2):", nullptr},
    {"prompt", 0, "TEXT", bit(Command::kGenerate), "continue TEXT, not a file",
     [](Options& o, const std::string& value) { o.measure.prompt = value; }},
    {"length", 0, "SIZE", bit(Command::kGenerate), "stop after SIZE bytes (1000)",
     [](Options& o, const std::string& value) {
       o.measure.length_bytes = parse_size("--length", value);
     }},
    {"seed", 0, "N", bit(Command::kGenerate), "the same number gives the same text (0)",
     [](Options& o, const std::string& value) {
       o.measure.sampling.seed = parse_whole("--seed", value, UINT32_MAX);
     }},
    {"temperature", 0, "T", bit(Command::kGenerate), "0: always the most probable (1)",
     [](Options& o, const std::string& value) {
       o.measure.sampling.temperature = parse_temperature(value);
     }},
    {"top-k", 0, "N", bit(Command::kGenerate), "draw from the N most probable (all)",
     [](Options& o, const std::string& value) {
       o.measure.sampling.top_k = parse_count("--top-k", value, 1 << 30);
     }},
};

}  // namespace

const std::vector<OptionRow>& option_rows() { return kRows; }

}  // namespace llmz
