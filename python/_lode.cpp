// The Python module lode._lode: indexes, reads, batches and builds. Thin: every rule is lib/'s;
// what users see is python/lode/*.py. Calls that may take long release the interpreter lock.
#include "_shared.h"

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nb = nanobind;
using namespace nb::literals;

namespace
{

/* Whatever is an integer, NumPy's too. */
int64_t position(nb::handle h)
{
    const Py_ssize_t n = PyNumber_AsSsize_t(h.ptr(), PyExc_OverflowError);
    if (n == -1 && PyErr_Occurred())
        throw nb::python_error();
    return n;
}

std::optional<int64_t> position_or_end(nb::handle h)
{
    return h.is_none() ? std::nullopt : std::optional<int64_t>(position(h));
}

/* Calls of the kind (buf, cap, len) that copy a string out. */
template <typename Call> std::string copied(Call call)
{
    std::string text(256, '\0');
    size_t len = 0;
    int status = call(text.data(), text.size(), &len);
    if (status == LODE_E_SPACE) {
        text.resize(len);
        status = call(text.data(), text.size(), &len);
    }
    if (status != LODE_OK)
        fail(status, lode_status_text(status));
    text.resize(len);
    return text;
}

/* What a fetch gives back. */
enum class Kind { array, bytes, str };

Kind kind_of(nb::handle kind)
{
    std::string_view s;
    (void)nb::try_cast(kind, s); // what is no string is no kind either
    if (s == "array")
        return Kind::array;
    if (s == "bytes")
        return Kind::bytes;
    if (s == "str")
        return Kind::str;
    throw nb::value_error("kind is 'array', 'bytes' or 'str'");
}

int bounds_of(std::string_view s)
{
    if (s == "error")
        return LODE_BOUNDS_ERROR;
    if (s == "clip")
        return LODE_BOUNDS_CLIP;
    if (s == "pad")
        return LODE_BOUNDS_PAD;
    throw nb::value_error("bounds is 'error', 'clip' or 'pad'");
}

/* '+', '-', '.', or 1, -1, 0. True and False are neither: they may mean either strand. */
bool is_reverse(nb::handle strand)
{
    if (PyUnicode_Check(strand.ptr()) && PyUnicode_GetLength(strand.ptr()) == 1) {
        const Py_UCS4 c = PyUnicode_ReadChar(strand.ptr(), 0);
        if (c == '+' || c == '-' || c == '.')
            return c == '-';
    } else if (PyIndex_Check(strand.ptr()) && !PyBool_Check(strand.ptr())) {
        const int64_t n = position(strand);
        if (n >= -1 && n <= 1)
            return n == -1;
    }
    throw nb::value_error("strand is '+', '-' or '.', or 1, -1 or 0");
}

uint32_t flags_of(nb::handle strand, bool upper)
{
    return (is_reverse(strand) ? LODE_REVERSE_COMPLEMENT : 0u) | (upper ? LODE_UPPER : 0u);
}

using Int64s = nb::ndarray<const int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Int64Out = nb::ndarray<int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Int32Out = nb::ndarray<int32_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Flags = nb::ndarray<const uint32_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Numbers = nb::typed<nb::tuple, int, int, int>;
using Table = nb::ndarray<const uint8_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

/* What threads share. With the interpreter lock plain variables do: the lock is held wherever they
 * are touched. */
#ifdef Py_GIL_DISABLED
template <typename T> using Shared = std::atomic<T>;
#else
template <typename T> using Shared = T;
#endif

class Index
{
  public:
    /* Keeps the index open for one call. */
    class Held
    {
      public:
        explicit Held(const Index &index) : index_(index)
        {
            ++index_.busy_;
            if (index_.closed_) {
                index_.leave();
                throw nb::value_error("the index is closed");
            }
        }
        Held(const Held &) = delete;
        Held &operator=(const Held &) = delete;
        ~Held() { index_.leave(); }
        const lode_index *get() const { return index_.index_; }

      private:
        const Index &index_;
    };

    Index(const nb::bytes &path, uint64_t content_id, int policy)
    {
        lode_open_options options = LODE_OPEN_OPTIONS_INIT;
        lode_diag diag = {};
        options.map_mode = LODE_MAP_GUARDED;
        options.source_policy = policy;
        options.content_id = content_id;
        lode_index *index = nullptr;
        must(lode_open(path_of(path), &options, &index, &diag), diag);
        index_ = index;
        info_.struct_size = sizeof info_;
        lode_index_info(index, &info_);
    }

    Index(const Index &) = delete;
    Index &operator=(const Index &) = delete;

    ~Index() { close(); }

    /* Calls that are under way in other threads keep what they use: the last of them lets go. */
    void close()
    {
        closed_ = true;
        if (busy_ == 0)
            let_go();
    }

    const lode_info &info() const { return info_; }
    bool closed() const { return closed_; }

    int64_t find_source(nb::handle name) const
    {
        const std::string bytes = to_bytes(name);
        int64_t source = -1;
        const int status = lode_find_source(Held(*this).get(), bytes.data(), bytes.size(), &source);
        if (status != LODE_OK)
            fail(status, "no source '" + bytes + "'");
        return source;
    }

    lode_contig find(int64_t source, nb::handle name) const
    {
        if (source < -1 || source >= info_.sources)
            throw nb::index_error(("no source number " + std::to_string(source)).c_str());
        lode_contig contig;
        Diag diag;
        Py_ssize_t n = 0;
        const char *p =
            PyUnicode_Check(name.ptr()) ? PyUnicode_AsUTF8AndSize(name.ptr(), &n) : nullptr;
        std::string own;
        if (p == nullptr) {
            PyErr_Clear();
            own = to_bytes(name);
            p = own.data();
            n = static_cast<Py_ssize_t>(own.size());
        }
        must(lode_find(Held(*this).get(), source, p, static_cast<size_t>(n), &contig, &diag), diag);
        return contig;
    }

    lode_contig contig_at(int64_t id) const
    {
        lode_contig contig;
        lode_diag diag = {};
        must(lode_contig_at(Held(*this).get(), id, &contig, &diag), diag);
        return contig;
    }

    /* A contig by number or name. */
    lode_contig resolve(int64_t source, nb::handle contig) const
    {
        if (is_name(contig))
            return find(source, contig);
        return contig_at(position(contig));
    }

    /* A reader for one call. The interpreter lock (or the index's own, where there is none) is held
     * while the list is touched, so a fork never finds it half changed; a reader that another
     * thread used at that moment is not in it. */
    class Borrowed
    {
      public:
        explicit Borrowed(Index &index) : held_(index), owner_(index)
        {
            {
                nb::ft_lock_guard lock(index.mutex_);
                if (!index.idle_.empty()) {
                    reader_ = index.idle_.back();
                    index.idle_.pop_back();
                    return;
                }
            }
            const int status = lode_reader_new(held_.get(), nullptr, &reader_);
            if (status != LODE_OK)
                fail(status, lode_status_text(status));
        }
        Borrowed(const Borrowed &) = delete;
        Borrowed &operator=(const Borrowed &) = delete;
        ~Borrowed()
        {
            nb::ft_lock_guard lock(owner_.mutex_);
            owner_.idle_.push_back(reader_);
        }
        lode_reader *get() const { return reader_; }
        const lode_index *index() const { return held_.get(); }

      private:
        Held held_; // let go last
        Index &owner_;
        lode_reader *reader_ = nullptr;
    };

    int64_t read(const lode_contig &contig, int64_t begin, int64_t end, void *dst, int64_t size,
                 int bounds, uint32_t flags)
    {
        Diag diag;
        int64_t n;
        Borrowed reader(*this);
        /* of a set some files may not be packed */
        if (info_.packed_size > 0 && info_.members == 0 && end - begin <= short_read) {
            n = lode_fetch_at(reader.get(), &contig, begin, end, dst, size, bounds, flags, &diag);
        } else {
            nb::gil_scoped_release released;
            n = lode_fetch_at(reader.get(), &contig, begin, end, dst, size, bounds, flags, &diag);
        }
        must(n, diag);
        return n;
    }

    nb::object fetch(const lode_contig &contig, int64_t begin, std::optional<int64_t> stop,
                     nb::handle kind, nb::handle out, std::string_view bounds, nb::handle strand,
                     bool upper);

  private:
    static constexpr int64_t short_read = 4096; // bases: sooner done than the lock is let go

    void leave() const
    {
        if (--busy_ == 0 && closed_)
            let_go();
    }

    /* Once, whoever comes: no call is under way, and none will be. */
    void let_go() const
    {
        nb::ft_lock_guard lock(mutex_);
        for (lode_reader *reader : idle_)
            lode_reader_free(reader);
        idle_.clear();
        lode_close(index_);
        index_ = nullptr;
    }

    mutable Shared<lode_index *> index_{nullptr};
    lode_info info_ = {};
    mutable std::vector<lode_reader *> idle_;
    mutable Shared<int64_t> busy_{0};
    Shared<bool> closed_{false};
    mutable nb::ft_mutex mutex_;
};

nb::object new_array(uint8_t *data, size_t n)
{
    nb::capsule owner(data, [](void *p) noexcept { delete[] static_cast<uint8_t *>(p); });
    return nb::cast(nb::ndarray<nb::numpy, uint8_t, nb::ndim<1>>(data, {n}, owner));
}

/* Positions a read stores: what lies outside the contig is cut off under clip. */
int64_t width_of(const lode_contig &contig, int64_t begin, int64_t end, int bounds)
{
    if (begin > end)
        fail(LODE_E_RANGE,
             "start " + std::to_string(begin) + " is behind end " + std::to_string(end));
    if (bounds != LODE_BOUNDS_CLIP) {
        int64_t width;
        if (__builtin_sub_overflow(end, begin, &width))
            fail(LODE_E_RANGE, "the range is too long");
        if (bounds == LODE_BOUNDS_ERROR && (begin < 0 || end > contig.length))
            return 0; // the read says what is wrong
        return width;
    }
    const int64_t first = begin < 0 ? 0 : begin, last = end < contig.length ? end : contig.length;
    return last > first ? last - first : 0;
}

nb::object Index::fetch(const lode_contig &contig, int64_t begin, std::optional<int64_t> stop,
                        nb::handle kind, nb::handle out, std::string_view bounds_text,
                        nb::handle strand, bool upper)
{
    if (contig.track != LODE_TRACK_NONE)
        throw nb::value_error("the index holds tracks: lode.open_tracks() reads their values");
    const int bounds = bounds_of(bounds_text);
    const uint32_t flags = flags_of(strand, upper);
    const int64_t end = stop ? *stop : contig.length;
    const int64_t width = width_of(contig, begin, end, bounds);
    const size_t size = static_cast<size_t>(width);
    if (!out.is_none()) {
        const Room room(out);
        const int64_t n =
            read(contig, begin, end, room.data(), static_cast<int64_t>(room.size()), bounds, flags);
        return nb::int_(n);
    }
    const Kind what = kind_of(kind);
    if (what == Kind::bytes) {
        nb::object result =
            nb::steal(PyBytes_FromStringAndSize(nullptr, static_cast<Py_ssize_t>(size)));
        if (!result.is_valid())
            throw nb::python_error();
        read(contig, begin, end, PyBytes_AsString(result.ptr()), width, bounds, flags);
        return result;
    }
    std::unique_ptr<uint8_t[]> room(new uint8_t[size > 0 ? size : 1]);
    read(contig, begin, end, room.get(), width, bounds, flags);
    if (what == Kind::array)
        return new_array(room.release(), size);
    nb::object text = nb::steal(PyUnicode_DecodeLatin1(reinterpret_cast<const char *>(room.get()),
                                                       static_cast<Py_ssize_t>(size), nullptr));
    if (!text.is_valid())
        throw nb::python_error();
    return text;
}

/* How the bases of a batch are stored; the table's bytes are the caller's. */
struct Encoding {
    int kind = LODE_ENCODE_BYTES, dtype = LODE_U8, channels = 0;
    int64_t position_stride = 0, channel_stride = 0;
    std::optional<Table> table;
};

/* Request i goes to dst + offsets[i], sizes[i] bytes of it; mask, when not 0, to mask +
 * mask_offsets[i]. Outcomes go to status and written. Returns how many failed. */
int64_t fetch_many(Index &index, Int64s ids, Int64s starts, Int64s ends, std::optional<Flags> flags,
                   uintptr_t dst, Int64s offsets, Int64s sizes, uintptr_t mask,
                   std::optional<Int64s> mask_offsets, std::string_view bounds, int pad,
                   const Encoding &how, int threads, Int32Out status, Int64Out written, bool check,
                   std::optional<uint64_t> n_seed)
{
    const size_t n = ids.size();
    if (starts.size() != n || ends.size() != n || offsets.size() != n || sizes.size() != n ||
        status.size() != n || written.size() != n || (flags && flags->size() != n) ||
        (mask != 0 && (!mask_offsets || mask_offsets->size() != n)))
        throw nb::value_error("ids, starts, ends and what goes with them differ in length");
    lode_encoding encoding = {};
    encoding.struct_size = sizeof encoding;
    encoding.kind = how.kind;
    encoding.dtype = how.dtype;
    encoding.table = how.table ? how.table->data() : nullptr;
    encoding.channels = how.channels;
    encoding.position_stride = how.position_stride;
    encoding.channel_stride = how.channel_stride;
    lode_batch batch = LODE_BATCH_INIT;
    batch.threads = threads;
    batch.bounds = bounds_of(bounds);
    batch.pad = static_cast<uint8_t>(pad);
    batch.encoding = &encoding;
    batch.n_seed = n_seed ? &*n_seed : nullptr;
    lode_diag diag = {};
    std::vector<lode_request> requests(n);
    Index::Borrowed reader(index);
    int64_t failed;
    {
        nb::gil_scoped_release released;
        for (size_t i = 0; i < n; i++) {
            lode_request &q = requests[i];
            q.contig = ids.data()[i];
            q.begin = starts.data()[i];
            q.end = ends.data()[i];
            q.dst = reinterpret_cast<void *>(dst + static_cast<uintptr_t>(offsets.data()[i]));
            q.dst_size = sizes.data()[i];
            q.flags = flags ? flags->data()[i] : 0;
            q.mask = mask != 0 ? reinterpret_cast<void *>(
                                     mask + static_cast<uintptr_t>(mask_offsets->data()[i]))
                               : nullptr;
        }
        failed =
            lode_fetch_many(reader.get(), requests.data(), static_cast<int64_t>(n), &batch, &diag);
        for (size_t i = 0; i < n; i++) {
            status.data()[i] = requests[i].status;
            written.data()[i] = requests[i].written;
        }
    }
    if (failed < 0 || (failed > 0 && check))
        fail(diag);
    return failed;
}

/* Window first + i to contigs[i], begins[i]. */
void random_windows(const Index &index, int64_t length, int64_t max_n, int64_t source,
                    std::optional<Int64s> among, uint64_t seed, int64_t first, Int64Out contigs,
                    Int64Out begins)
{
    if (contigs.size() != begins.size())
        throw nb::value_error("contigs and begins differ in length");
    lode_draw draw = LODE_DRAW_INIT;
    lode_diag diag = {};
    draw.length = length;
    draw.max_n = max_n;
    draw.source = source;
    draw.contigs = among ? among->data() : nullptr;
    draw.contig_count = among ? static_cast<int64_t>(among->size()) : 0;
    draw.seed = seed;
    const Index::Held held(index);
    int status;
    {
        nb::gil_scoped_release released;
        status = lode_random_windows(held.get(), &draw, first, static_cast<int64_t>(contigs.size()),
                                     contigs.data(), begins.data(), &diag);
    }
    must(status, diag);
}

/* SPEC 5.4: an earlier contig of the source has the name. */
constexpr uint16_t duplicate_flag = 1 << 6;

/* LODE_OK, or AMBIGUOUS where several sources have a contig of this one's name. name is room that
 * is used again. */
int find_own_name(const lode_index *index, int64_t id, std::string &name)
{
    size_t len = 0;
    int status = lode_contig_name(index, id, name.data(), name.size(), &len);
    if (status == LODE_E_SPACE) {
        name.resize(len);
        status = lode_contig_name(index, id, name.data(), name.size(), &len);
    }
    if (status != LODE_OK)
        return status;
    lode_contig found;
    return lode_find(index, -1, name.data(), len, &found, nullptr);
}

/* Row i of out: bases, n, gc, lower, other of window i. */
void composition(Index &index, Int64s ids, Int64s starts, Int64s ends, Int64Out out)
{
    const size_t n = ids.size();
    if (starts.size() != n || ends.size() != n || out.size() != 5 * n)
        throw nb::value_error("ids, starts, ends and out differ in length");
    lode_diag diag = {};
    Index::Borrowed reader(index);
    int status = LODE_OK;
    {
        nb::gil_scoped_release released;
        for (size_t i = 0; i < n && status == LODE_OK; i++) {
            lode_contig contig;
            lode_composition sum;
            status = lode_contig_at(reader.index(), ids.data()[i], &contig, &diag);
            if (status == LODE_OK)
                status = lode_composition_at(reader.get(), &contig, starts.data()[i],
                                             ends.data()[i], &sum, &diag);
            if (status == LODE_OK)
                std::copy_n(&sum.bases, 5, out.data() + 5 * i);
        }
    }
    must(status, diag);
}

/* How many of n contigs, from number first on, are what their name stands for: in a source the
 * first of a name; in the whole index (source -1) none of a name that several sources have. */
int64_t answering(const Index &index, int64_t source, int64_t first, int64_t n)
{
    const Index::Held held(index);
    const bool by_name = source < 0 && index.info().sources > 1;
    std::string name(256, '\0');
    int64_t found = 0;
    int status = LODE_OK;
    Diag diag;
    {
        std::optional<nb::gil_scoped_release> released;
        if (n > 1) // one is sooner done than the lock is let go
            released.emplace();
        for (int64_t id = first; id < first + n && status == LODE_OK; id++) {
            lode_contig contig;
            status = lode_contig_at(held.get(), id, &contig, &diag);
            if (status != LODE_OK || (contig.flags & duplicate_flag) != 0)
                continue;
            if (by_name)
                status = find_own_name(held.get(), id, name);
            found += status == LODE_OK;
            if (status == LODE_E_AMBIGUOUS)
                status = LODE_OK;
        }
    }
    if (status != LODE_OK)
        fail(status, diag.message[0] != 0 ? diag.message : lode_status_text(status));
    return found;
}

/* ---- builds --------------------------------------------------------------------------------- */

struct BuildCalls {
    nb::object progress, message, error; // error: what progress raised
    int cancel = 0;
};

void on_progress(void *ctx, int64_t done, int64_t total)
{
    auto *calls = static_cast<BuildCalls *>(ctx);
    if (calls->progress.is_none() || __atomic_load_n(&calls->cancel, __ATOMIC_RELAXED) != 0)
        return;
    nb::gil_scoped_acquire held;
    try {
        calls->progress(done, total);
    } catch (nb::python_error &error) {
        calls->error = nb::borrow(error.value());
        __atomic_store_n(&calls->cancel, 1, __ATOMIC_RELAXED);
    }
}

void on_message(void *ctx, int severity, const char *text)
{
    auto *calls = static_cast<BuildCalls *>(ctx);
    nb::gil_scoped_acquire held;
    try {
        calls->message(severity, to_str(text));
    } catch (nb::python_error &error) {
        error.discard_as_unraisable("lode.index: message");
    }
}

nb::bytes build(const std::vector<nb::bytes> &inputs, std::optional<nb::bytes> out, int threads,
                bool duplicates_first, bool lenient, bool rescan, bool digest,
                std::optional<nb::bytes> names_file, bool pack, int track, bool add,
                nb::object progress, nb::object message)
{
    std::vector<const char *> paths;
    for (const nb::bytes &input : inputs)
        paths.push_back(path_of(input));
    BuildCalls calls{std::move(progress), std::move(message), nb::object()};
    lode_build_options options = LODE_BUILD_OPTIONS_INIT;
    auto result = std::make_unique<lode_build_result>();
    *result = LODE_BUILD_RESULT_INIT;
    lode_diag diag = {};
    options.out = out ? path_of(*out) : nullptr;
    options.threads = threads;
    options.duplicates_first = duplicates_first;
    options.lenient = lenient;
    options.rescan = rescan;
    options.digest = digest;
    options.names_file = names_file ? path_of(*names_file) : nullptr;
    options.pack = pack;
    options.track = track;
    options.add = add;
    options.message = on_message;
    options.progress = on_progress;
    options.ctx = &calls;
    options.cancel = &calls.cancel;
    const auto [status, interrupted] = interruptible(calls.cancel, [&] {
        return lode_build(paths.data(), paths.size(), &options, result.get(), &diag);
    });
    if (calls.error.is_valid()) {
        PyErr_SetObject(reinterpret_cast<PyObject *>(Py_TYPE(calls.error.ptr())),
                        calls.error.ptr());
        throw nb::python_error();
    }
    if (interrupted)
        throw nb::python_error(*interrupted);
    if (status != LODE_OK && status != LODE_E_SKIPPED)
        fail(diag);
    return nb::bytes(result->path);
}

} // namespace

NB_MODULE(_lode, m)
{
    nb::set_leak_warnings(false); // at exit whatever other modules still hold is no leak of ours
    m.def("version", &lode_version);
    m.def("features", &lode_features);
    m.def("status_name", &lode_status_name, "status"_a);
    m.def("build", &build, "inputs"_a, "out"_a.none(), "threads"_a, "duplicates_first"_a,
          "lenient"_a, "rescan"_a, "digest"_a, "names_file"_a.none(), "pack"_a, "track"_a, "add"_a,
          "progress"_a.none(), "message"_a);

    bind_records(m);

    nb::class_<Encoding>(m, "Encoding")
        .def(
            "__init__",
            [](Encoding *self, int kind, int dtype, int channels, int64_t position_stride,
               int64_t channel_stride, std::optional<Table> table) {
                new (self) Encoding{kind, dtype, channels, position_stride, channel_stride, table};
            },
            "kind"_a, "dtype"_a, "channels"_a, "position_stride"_a, "channel_stride"_a,
            "table"_a.none());

    nb::class_<Index>(m, "Index", nb::is_weak_referenceable())
        .def(nb::init<const nb::bytes &, uint64_t, int>(), "path"_a, "content_id"_a = 0,
             "source_policy"_a = 0)
        .def("close", &Index::close)
        .def_prop_ro("closed", &Index::closed)
        .def_prop_ro("content_id", [](const Index &ix) { return ix.info().content_id; })
        .def_prop_ro("file_size", [](const Index &ix) { return ix.info().file_size; })
        .def_prop_ro(
            "members", [](const Index &ix) { return ix.info().members; },
            "Of a set: files that answer together; 0 for an index that is one file.")
        .def_prop_ro("packed", [](const Index &ix) { return ix.info().packed_size > 0; })
        .def_prop_ro("source_count", [](const Index &ix) { return ix.info().sources; })
        .def_prop_ro("contig_count", [](const Index &ix) { return ix.info().contigs; })
        .def("source_number", &Index::find_source, "name"_a)
        .def(
            "source_name",
            [](const Index &ix, int64_t i) {
                const Index::Held held(ix);
                return to_str(copied([&](char *b, size_t cap, size_t *len) {
                    return lode_source_name(held.get(), i, b, cap, len);
                }));
            },
            "source"_a)
        .def(
            "source_path",
            [](const Index &ix, int64_t i) {
                const Index::Held held(ix);
                return to_str(copied([&](char *b, size_t cap, size_t *len) {
                    return lode_source_path(held.get(), i, b, cap, len);
                }));
            },
            "source"_a)
        .def(
            "source_range",
            [](const Index &ix, int64_t i) {
                struct lode_source_info info = {};
                lode_diag diag = {};
                info.struct_size = sizeof info;
                must(lode_source_info(Index::Held(ix).get(), i, &info, &diag), diag);
                return Numbers(nb::make_tuple(info.first_contig, info.contigs, info.bases));
            },
            "source"_a)
        .def(
            "source_track",
            [](const Index &ix, int64_t i) {
                struct lode_source_info info = {};
                lode_diag diag = {};
                info.struct_size = sizeof info;
                must(lode_source_info(Index::Held(ix).get(), i, &info, &diag), diag);
                return info.track;
            },
            "source"_a)
        .def(
            "contig_track", [](const Index &ix, int64_t id) { return ix.contig_at(id).track; },
            "contig"_a)
        .def(
            "contig_number",
            [](const Index &ix, int64_t source, nb::handle name) {
                return ix.find(source, name).id;
            },
            "source"_a, "name"_a)
        .def(
            "contig_name",
            [](const Index &ix, int64_t id) {
                const Index::Held held(ix);
                return to_str(copied([&](char *b, size_t cap, size_t *len) {
                    return lode_contig_name(held.get(), id, b, cap, len);
                }));
            },
            "contig"_a)
        .def(
            "contig_defline",
            [](const Index &ix, int64_t id) {
                const Index::Held held(ix);
                return to_str(copied([&](char *b, size_t cap, size_t *len) {
                    return lode_contig_defline(held.get(), id, b, cap, len);
                }));
            },
            "contig"_a)
        .def(
            "contig_line_bases",
            [](const Index &ix, int64_t id) { return ix.contig_at(id).line_bases; }, "contig"_a)
        .def("_answering", &answering, "source"_a, "first"_a, "n"_a)
        .def(
            "contig_length", [](const Index &ix, int64_t id) { return ix.contig_at(id).length; },
            "contig"_a)
        .def(
            "contig_lengths",
            [](const Index &ix, Int64s ids, Int64Out out) {
                for (size_t i = 0; i < ids.size() && i < out.size(); i++)
                    out.data()[i] = ix.contig_at(ids.data()[i]).length;
            },
            "ids"_a, nb::arg("out").noconvert())
        .def(
            "region",
            [](const Index &ix, nb::handle text) {
                const std::string region = to_bytes(text);
                lode_contig contig;
                lode_diag diag = {};
                int64_t begin = 0, end = 0;
                must(lode_region(Index::Held(ix).get(), region.data(), region.size(), &contig,
                                 &begin, &end, &diag),
                     diag);
                if (end == std::numeric_limits<int64_t>::max()) // a start behind it: no bases
                    end = std::max(contig.length, begin);
                return Numbers(nb::make_tuple(contig.id, begin, end));
            },
            "region"_a)
        .def(
            "fetch",
            [](Index &ix, nb::handle contig, nb::handle start, nb::handle end, nb::handle kind,
               nb::handle out, std::string_view bounds, nb::handle strand, bool upper) {
                if (is_name(start)) // source and contig
                    throw nb::next_overload();
                return ix.fetch(ix.resolve(-1, contig), position(start), position_or_end(end), kind,
                                out, bounds, strand, upper);
            },
            "contig"_a, "start"_a = 0, "end"_a.none() = nb::none(), nb::kw_only(),
            "kind"_a = "array", "out"_a.none() = nb::none(), "bounds"_a = "error", "strand"_a = "+",
            "upper"_a = false,
            nb::sig("def fetch(self, contig: str | bytes | int, start: int = 0, "
                    "end: int | None = None, *, kind: str = 'array', out: typing.Any = None, "
                    "bounds: str = 'error', strand: str | int = '+', upper: bool = False) "
                    "-> typing.Any"),
            "Bases [start, end) of a contig, 0-based half-open, as a new uint8 array, bytes or\n"
            "str (kind), or into out (a writable contiguous uint8 buffer): then how many.\n\n"
            "contig: a name, or a number that ids() gave. bounds: what happens where the range\n"
            "leaves the contig: 'error' (ValueError), 'clip', or 'pad' (with N). strand '-'\n"
            "or -1: reverse complement. KeyError: no such contig. OSError: the FASTA changed\n"
            "or is damaged. Any thread; the interpreter lock is released.")
        .def(
            "fetch",
            [](Index &ix, nb::handle source, nb::handle contig, nb::handle start, nb::handle end,
               nb::handle kind, nb::handle out, std::string_view bounds, nb::handle strand,
               bool upper) {
                if (!is_name(contig))
                    throw nb::type_error("a contig of a source is given by its name");
                return ix.fetch(ix.resolve(ix.find_source(source), contig), position(start),
                                position_or_end(end), kind, out, bounds, strand, upper);
            },
            "source"_a, "contig"_a, "start"_a = 0, "end"_a.none() = nb::none(), nb::kw_only(),
            "kind"_a = "array", "out"_a.none() = nb::none(), "bounds"_a = "error", "strand"_a = "+",
            "upper"_a = false,
            nb::sig(
                "def fetch(self, source: str | bytes, contig: str | bytes | int, start: int = 0, "
                "end: int | None = None, *, kind: str = 'array', out: typing.Any = None, "
                "bounds: str = 'error', strand: str | int = '+', upper: bool = False) "
                "-> typing.Any"),
            "The same of a contig of one source, by the source's name.")
        .def("_fetch_many", &fetch_many, "ids"_a, "starts"_a, "ends"_a, "flags"_a.none(), "dst"_a,
             "offsets"_a, "sizes"_a, "mask"_a, "mask_offsets"_a.none(), "bounds"_a, "pad"_a,
             "encoding"_a, "threads"_a, nb::arg("status").noconvert(),
             nb::arg("written").noconvert(), "check"_a, "n_seed"_a.none())
        .def("_random_windows", &random_windows, "length"_a, "max_n"_a, "source"_a,
             "among"_a.none(), "seed"_a, "first"_a, nb::arg("contigs").noconvert(),
             nb::arg("begins").noconvert())
        .def("_composition", &composition, "ids"_a, "starts"_a, "ends"_a,
             nb::arg("out").noconvert());
}
