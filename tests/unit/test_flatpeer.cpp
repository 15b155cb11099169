// lode_schema_check beside flatbuffers::Verifier with the code that flatc made: what lode lets
// through, the Verifier lets through, and sound payloads pass both. The Verifier knows the schema
// from generated code, lode from its bytes: neither took anything from the other. With a second
// argument, "time": what a check costs, beside the Verifier's.
#include "frame_generated.h"
#include "herd_generated.h"
#include "lode.h"
#include "zoo_generated.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

namespace
{

using Bytes = std::vector<uint8_t>;

Bytes read_file(const std::string &path)
{
    std::ifstream in(path, std::ios::binary);
    return Bytes(std::istreambuf_iterator<char>(in), {});
}

[[noreturn]] void stop(const char *what, size_t where)
{
    std::fprintf(stderr, "%s (case %zu)\n", what, where);
    std::exit(1);
}

bool herd_ok(const Bytes &b)
{
    flatbuffers::Verifier verifier(b.data(), b.size());
    return zoo::VerifyHerdBuffer(verifier);
}

bool zoo_ok(const Bytes &b)
{
    flatbuffers::Verifier verifier(b.data(), b.size());
    return zoo::park::VerifyZooBuffer(verifier);
}

struct Tally {
    const char *name;
    lode_schema *schema = nullptr;
    bool (*verifier)(const Bytes &);
    size_t both = 0, neither = 0, stricter = 0, cases = 0;

    void compare(const Bytes &b)
    {
        const bool ours = lode_schema_check(schema, b.data(), b.size(), nullptr) == LODE_OK;
        const bool theirs = verifier(b);
        if (ours && !theirs)
            stop("lode lets through what the Verifier refuses", cases);
        (ours ? both : theirs ? stricter : neither)++;
        cases++;
    }
};

void mutate(Tally &tally, const Bytes &sound)
{
    std::mt19937 random(5);
    Bytes b = sound;
    for (size_t at = 0; at < b.size(); at++)
        for (int v = 0; v < 256; v++) {
            b[at] = static_cast<uint8_t>(v);
            tally.compare(b);
            b[at] = sound[at];
        }
    for (size_t n = 0; n < sound.size(); n++)
        tally.compare(Bytes(sound.begin(), sound.begin() + static_cast<std::ptrdiff_t>(n)));
    for (int i = 0; i < 300000; i++) {
        b = sound;
        for (unsigned k = 1 + random() % 4; k > 0; k--)
            b[random() % b.size()] = static_cast<uint8_t>(
                random() % 3 == 0 ? random() : b[random() % b.size()]);
        tally.compare(b);
    }
}

void run(const std::string &dir, const char *name, bool (*verifier)(const Bytes &))
{
    Tally tally{name, nullptr, verifier};
    const Bytes bfbs = read_file(dir + "/" + name + ".bfbs");
    const Bytes sound = read_file(dir + "/" + name + ".bin");
    lode_diag diag = {};
    if (lode_schema_new(bfbs.data(), bfbs.size(), &tally.schema, &diag) != LODE_OK)
        stop(diag.message, 0);
    tally.compare(sound);
    if (tally.both != 1)
        stop("a sound payload is refused", 0);
    mutate(tally, sound);
    std::printf("%s: %zu cases: both let through %zu, both refuse %zu, lode alone refuses %zu\n", name,
                tally.cases, tally.both, tally.neither, tally.stricter);
    if (tally.both < tally.cases / 20 || tally.neither < tally.cases / 20)
        stop("the cases say nothing", tally.cases);
    lode_schema_free(tally.schema);
}

// ---- timings

bool frame_ok(const Bytes &b)
{
    flatbuffers::Verifier verifier(b.data(), b.size());
    return VerifyFrameBuffer(verifier);
}

// A frame of so many points, and of atoms that are tables.
Bytes make_frame(size_t points, size_t atoms)
{
    flatbuffers::FlatBufferBuilder b;
    const std::vector<Point> places(points, Point(1, 2, 3));
    const std::vector<uint8_t> elements(points, 6);
    const std::vector<uint16_t> bonds = {1, 2, 3};
    std::vector<flatbuffers::Offset<Atom>> all;
    for (size_t i = 0; i < atoms; i++)
        all.push_back(CreateAtom(b, b.CreateString("C"), 1.5f, b.CreateVector(bonds)));
    const auto tags = b.CreateVectorOfStrings({"train", "relaxed", "dft"});
    const auto name = b.CreateString("a frame of a molecule"), element = b.CreateString("H");
    b.Finish(CreateFrame(b, name, -1.25, b.CreateVector(elements), b.CreateVectorOfStructs(places),
                         b.CreateVectorOfStructs(places), tags, b.CreateVector(all),
                         CreateAtom(b, element, 0.5f)));
    return Bytes(b.GetBufferPointer(), b.GetBufferPointer() + b.GetSize());
}

// Nanoseconds of one call: the best of some rounds.
template <typename F> double nanoseconds(F &&call)
{
    using clock = std::chrono::steady_clock;
    constexpr int calls = 2000;
    double best = 1e18;
    for (int round = 0; round < 15; round++) {
        const auto begin = clock::now();
        for (int i = 0; i < calls; i++)
            if (!call())
                stop("a sound payload is refused", 0);
        const std::chrono::duration<double, std::nano> took = clock::now() - begin;
        best = std::min(best, took.count() / calls);
    }
    return best;
}

void time_frames(const std::string &dir)
{
    static const struct {
        const char *what;
        size_t points, atoms;
    } frames[] = {{"small", 4, 0}, {"vectors of numbers", 1600, 0}, {"tables", 0, 600}};
    lode_schema *schema = nullptr;
    lode_diag diag = {};
    const Bytes bfbs = read_file(dir + "/frame.bfbs");
    const double reading = nanoseconds([&] {
        lode_schema_free(schema);
        return lode_schema_new(bfbs.data(), bfbs.size(), &schema, &diag) == LODE_OK;
    });
    std::printf("reading the schema, %zu bytes: %.0f ns\n", bfbs.size(), reading);
    for (const auto &f : frames) {
        const Bytes b = make_frame(f.points, f.atoms);
        const double ours = nanoseconds(
            [&] { return lode_schema_check(schema, b.data(), b.size(), nullptr) == LODE_OK; });
        const double theirs = nanoseconds([&] { return frame_ok(b); });
        std::printf("%s, %zu bytes: lode %.0f ns, Verifier %.0f ns\n", f.what, b.size(), ours,
                    theirs);
    }
    lode_schema_free(schema);
}

} // namespace

int main(int argc, char **argv)
{
    if (argc < 2)
        stop("usage: test_flatpeer DIRECTORY [time]", 0);
    if (argc > 2) {
        time_frames(argv[1]);
        return 0;
    }
    run(argv[1], "zoo", zoo_ok);
    run(argv[1], "herd", herd_ok);
    return 0;
}
