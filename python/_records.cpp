// The part of lode._lode that reads and writes record stores. Thin: users see lode/records.py.
#include "_shared.h"

#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace
{

using Int64s = nb::ndarray<const int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Int64Out = nb::ndarray<int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Bytes1 = nb::ndarray<uint8_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using View = nb::ndarray<nb::numpy, const uint8_t, nb::ndim<1>>;

/* A buffer that an object lends: whatever has the buffer protocol and is contiguous. */
class Lent
{
  public:
    explicit Lent(nb::handle object)
    {
        if (PyObject_GetBuffer(object.ptr(), &view_, PyBUF_C_CONTIGUOUS) != 0)
            throw nb::python_error();
    }
    ~Lent() { PyBuffer_Release(&view_); }
    Lent(const Lent &) = delete;
    Lent &operator=(const Lent &) = delete;
    const void *data() const { return view_.buf; }
    size_t size() const { return static_cast<size_t>(view_.len); }

  private:
    Py_buffer view_;
};

/* The name of a store, as C has it. */
const char *name_of(const std::string &name)
{
    if (name.find('\0') != std::string::npos)
        throw nb::value_error("embedded null byte in a name");
    return name.c_str();
}

/* The store and its idle readers; lives as long as anything that uses it. */
struct Opened {
    lode_store *store = nullptr;
    std::mutex lock;
    std::vector<lode_store_reader *> idle;
    ~Opened()
    {
        for (lode_store_reader *reader : idle)
            lode_store_reader_free(reader);
        lode_store_close(store);
    }
};

class Store
{
  public:
    Store(const nb::bytes &path, std::optional<std::string> name, uint64_t content_id)
        : opened_(std::make_shared<Opened>())
    {
        lode_store_open_options options = LODE_STORE_OPEN_OPTIONS_INIT;
        options.map_mode = LODE_MAP_GUARDED;
        options.name = name ? name_of(*name) : nullptr;
        options.content_id = content_id;
        lode_diag diag = {};
        must(lode_store_open(path_of(path), &options, &opened_->store, &diag), diag);
    }
    explicit Store(lode_store *store) : opened_(std::make_shared<Opened>())
    {
        opened_->store = store;
    }

    std::shared_ptr<Opened> held() const
    {
        std::shared_ptr<Opened> opened = std::atomic_load(&opened_);
        if (!opened)
            throw nb::value_error("the store is closed");
        return opened;
    }
    void close() { std::atomic_store(&opened_, std::shared_ptr<Opened>()); }

  private:
    std::shared_ptr<Opened> opened_;
};

/* A reader for the time of a call: an idle one, or a new one. */
class Borrowed
{
  public:
    explicit Borrowed(std::shared_ptr<Opened> opened) : opened_(std::move(opened))
    {
        {
            const std::lock_guard<std::mutex> guard(opened_->lock);
            if (!opened_->idle.empty()) {
                reader_ = opened_->idle.back();
                opened_->idle.pop_back();
                return;
            }
        }
        const int status = lode_store_reader_new(opened_->store, &reader_);
        if (status != LODE_OK)
            fail(status, lode_status_text(status));
    }
    ~Borrowed()
    {
        const std::lock_guard<std::mutex> guard(opened_->lock);
        opened_->idle.push_back(reader_);
    }
    Borrowed(const Borrowed &) = delete;
    Borrowed &operator=(const Borrowed &) = delete;
    lode_store_reader *get() const { return reader_; }

  private:
    std::shared_ptr<Opened> opened_;
    lode_store_reader *reader_ = nullptr;
};

/* A schema of FlatBuffers. */
class Schema
{
  public:
    explicit Schema(const nb::bytes &bfbs)
    {
        lode_diag diag = {};
        must(lode_schema_new(bfbs.c_str(), bfbs.size(), &schema_, &diag), diag);
    }
    explicit Schema(lode_schema *schema) : schema_(schema) {}
    ~Schema() { lode_schema_free(schema_); }
    Schema(const Schema &) = delete;
    Schema &operator=(const Schema &) = delete;

    /* The text of its type. */
    nb::str type() const
    {
        size_t len = 0;
        (void)lode_schema_type(schema_, nullptr, 0, &len);
        std::string text(len, '\0');
        (void)lode_schema_type(schema_, text.data(), len, &len);
        return to_str(text);
    }
    /* what: the begin of the sentence that says why not. */
    void check(nb::handle data, const std::string &what) const
    {
        const Lent lent(data);
        lode_diag diag = {};
        int status;
        {
            const nb::gil_scoped_release released;
            status = lode_schema_check(schema_, lent.data(), lent.size(), &diag);
        }
        if (status != LODE_OK)
            fail(status, what + diag.message);
    }

  private:
    lode_schema *schema_ = nullptr;
};

nb::typed<nb::dict, nb::str, nb::object> info(const Store &self)
{
    struct lode_store_info i = {};
    i.struct_size = sizeof i;
    const int status = lode_store_info(self.held()->store, &i);
    if (status != LODE_OK)
        fail(status, lode_status_text(status));
    nb::dict d;
    d["content_id"] = i.content_id;
    d["file_size"] = i.file_size;
    d["records"] = i.records;
    d["bytes"] = i.bytes;
    d["stored"] = i.stored;
    d["keys"] = i.keys;
    d["codec"] = i.codec;
    d["level"] = i.level;
    d["align"] = i.align;
    d["shuffle"] = i.shuffle;
    d["block_size"] = i.block_size;
    d["dictionary_size"] = i.dictionary_size;
    d["types"] = i.types;
    d["name"] = to_str(i.name);
    d["members"] = i.members;
    d["dead"] = i.dead;
    return nb::typed<nb::dict, nb::str, nb::object>(d);
}

/* Bytes of a key, which live as long as the object: bytes as they are, str as UTF-8. */
void key_of(nb::handle key, const void *&data, size_t &len)
{
    Py_ssize_t n = 0;
    if (PyBytes_Check(key.ptr())) {
        char *p = nullptr;
        PyBytes_AsStringAndSize(key.ptr(), &p, &n);
        data = p;
    } else if (PyUnicode_Check(key.ptr())) {
        data = PyUnicode_AsUTF8AndSize(key.ptr(), &n);
        if (data == nullptr) {
            PyErr_Clear();
            fail(LODE_E_NOT_FOUND, "no such key: it cannot be written as UTF-8");
        }
    } else {
        throw nb::type_error("a key is bytes or str");
    }
    len = static_cast<size_t>(n);
}

/* -3: there is none. */
int64_t find(const Store &self, nb::handle key)
{
    const void *data;
    size_t len;
    key_of(key, data, len);
    lode_diag diag = {};
    const int64_t number = lode_store_find(self.held()->store, data, len, &diag);
    if (number < 0 && number != LODE_E_NOT_FOUND)
        fail(diag);
    return number;
}

/* Borrowed from the list. */
PyObject *item(const nb::list &list, size_t i)
{
    return PyList_GetItem(list.ptr(), static_cast<Py_ssize_t>(i));
}

/* Numbers, or negative statuses, of many keys. */
int64_t find_many(const Store &self, const nb::typed<nb::list, nb::object> &keys, Int64Out numbers)
{
    constexpr size_t ahead = 16; // strings lie all over the heap: they are asked for before
    const size_t n = keys.size();
    if (numbers.size() != n)
        throw nb::value_error("keys and numbers differ in length");
    std::vector<const void *> data(n);
    std::vector<size_t> lens(n);
    for (size_t i = 0; i < n; i++) {
        if (i + ahead < n) {
            const auto *next = reinterpret_cast<const char *>(item(keys, i + ahead));
            __builtin_prefetch(next);
            __builtin_prefetch(next + 64);
        }
        key_of(item(keys, i), data[i], lens[i]);
    }
    const auto opened = self.held();
    const nb::gil_scoped_release released; // the list keeps the keys
    return lode_store_find_many(opened->store, data.data(), lens.data(), static_cast<int64_t>(n),
                                numbers.data());
}

int64_t sizes(const Store &self, Int64s numbers, Int64Out out)
{
    if (numbers.size() != out.size())
        throw nb::value_error("numbers and sizes differ in length");
    const auto opened = self.held();
    const nb::gil_scoped_release released;
    return lode_store_sizes(opened->store, numbers.data(), static_cast<int64_t>(numbers.size()),
                            out.data());
}

/* Where each record begins when they stand one behind the other, from 0, and where the last ends;
 * how many there are not: then out[i + 1] is the size of record i, or a status. */
int64_t offsets(const Store &self, Int64s numbers, Int64Out out)
{
    const size_t n = numbers.size();
    if (out.size() != n + 1)
        throw nb::value_error("offsets are one more than numbers");
    const auto opened = self.held();
    const nb::gil_scoped_release released;
    int64_t *to = out.data();
    to[0] = 0;
    const int64_t failed =
        lode_store_sizes(opened->store, numbers.data(), static_cast<int64_t>(n), to + 1);
    for (size_t i = 1; i <= n && failed == 0; i++)
        to[i] += to[i - 1];
    return failed;
}

/* A record of size bytes. */
nb::bytes read(const std::shared_ptr<Opened> &opened, int64_t number, int64_t size)
{
    nb::object bytes = nb::steal(PyBytes_FromStringAndSize(nullptr, size));
    if (!bytes.is_valid())
        throw nb::python_error();
    const Borrowed reader(opened);
    char *to = PyBytes_AsString(bytes.ptr());
    lode_diag diag = {};
    int64_t got;
    {
        const nb::gil_scoped_release released;
        got = lode_store_get(reader.get(), number, to, size, &diag);
    }
    must(got, diag);
    return nb::borrow<nb::bytes>(bytes);
}

nb::bytes get(const Store &self, int64_t number)
{
    const auto opened = self.held();
    int64_t size = 0;
    lode_diag diag = {};
    if (lode_store_sizes(opened->store, &number, 1, &size) != 0) {
        lode_stored stored;
        must(lode_store_at(opened->store, number, &stored, &diag), diag);
        fail(static_cast<int>(size), lode_status_text(static_cast<int>(size)));
    }
    return read(opened, number, size);
}

/* The record with a key; None: there is none. */
nb::object value(const Store &self, nb::handle key)
{
    const void *data;
    size_t len;
    key_of(key, data, len);
    const auto opened = self.held();
    lode_stored stored;
    lode_diag diag = {};
    const int status = lode_store_lookup(opened->store, data, len, &stored, &diag);
    if (status == LODE_E_NOT_FOUND)
        return nb::none();
    must(status, diag);
    return read(opened, stored.number, stored.size);
}

/* The record in the map; None where it is packed. It keeps the store open. */
nb::object view(const Store &self, int64_t number)
{
    auto *opened = new std::shared_ptr<Opened>(self.held());
    nb::capsule owner(opened,
                      [](void *p) noexcept { delete static_cast<std::shared_ptr<Opened> *>(p); });
    lode_stored stored;
    lode_diag diag = {};
    must(lode_store_at((*opened)->store, number, &stored, &diag), diag);
    if (stored.data == nullptr)
        return nb::none();
    return nb::cast(
        View(static_cast<const uint8_t *>(stored.data), {static_cast<size_t>(stored.size)}, owner));
}

/* Record numbers[i] to out + offsets[i], up to offsets[i + 1]. */
void get_many(const Store &self, Int64s numbers, Bytes1 out, Int64s offsets, int threads)
{
    const size_t n = numbers.size();
    if (offsets.size() != n + 1)
        throw nb::value_error("offsets are one more than numbers");
    std::vector<lode_store_request> requests(n);
    for (size_t i = 0; i < n; i++) {
        const int64_t begin = offsets.data()[i], end = offsets.data()[i + 1];
        if (begin < 0 || end < begin || static_cast<uint64_t>(end) > out.size())
            throw nb::value_error("offsets leave out");
        requests[i].number = numbers.data()[i];
        requests[i].dst = out.data() + begin;
        requests[i].dst_size = end - begin;
    }
    const Borrowed reader(self.held());
    lode_diag diag = {};
    int64_t failed;
    {
        const nb::gil_scoped_release released;
        failed = lode_store_get_many(reader.get(), requests.data(), static_cast<int64_t>(n),
                                     threads, &diag);
    }
    if (failed != 0)
        fail(diag);
}

nb::bytes key(const Store &self, int64_t number)
{
    const auto opened = self.held();
    std::string text(64, '\0');
    size_t len = 0;
    int status = lode_store_key(opened->store, number, text.data(), text.size(), &len);
    if (status == LODE_E_SPACE) {
        text.resize(len);
        status = lode_store_key(opened->store, number, text.data(), text.size(), &len);
    }
    if (status != LODE_OK)
        fail(status, lode_status_text(status));
    return nb::bytes(text.data(), len);
}

/* The types of records, by number; 0: it has none. */
void types(const Store &self, Int64s numbers, Int64Out out)
{
    if (numbers.size() != out.size())
        throw nb::value_error("numbers and types differ in length");
    const auto opened = self.held();
    lode_stored stored;
    lode_diag diag = {};
    int status = LODE_OK;
    {
        const nb::gil_scoped_release released;
        for (size_t i = 0; i < numbers.size() && status == LODE_OK; i++) {
            status = lode_store_at(opened->store, numbers.data()[i], &stored, &diag);
            out.data()[i] = stored.type;
        }
    }
    must(status, diag);
}

/* The number of a record's type; 0: it has none. */
int type_number(const Store &self, int64_t number)
{
    const auto opened = self.held();
    lode_stored stored;
    lode_diag diag = {};
    must(lode_store_at(opened->store, number, &stored, &diag), diag);
    return stored.type;
}

/* The text of a type. */
nb::str type_text(const Store &self, int type)
{
    const auto opened = self.held();
    size_t len = 0;
    int status = lode_store_type(opened->store, type, nullptr, 0, &len);
    std::string text(len, '\0');
    if (status == LODE_E_SPACE)
        status = lode_store_type(opened->store, type, text.data(), len, &len);
    if (status != LODE_OK)
        fail(status, lode_status_text(status));
    return to_str(text);
}

/* The schema of a type; None: it does not say FlatBuffers. */
nb::object schema_of(const Store &self, int type)
{
    const auto opened = self.held();
    lode_schema *schema = nullptr;
    lode_diag diag = {};
    const int status = lode_store_schema(opened->store, type, &schema, &diag);
    if (status == LODE_E_NOT_FOUND)
        return nb::none();
    must(status, diag);
    return nb::cast(new Schema(schema), nb::rv_policy::take_ownership);
}

/* That records are packed with; empty: there is none. */
nb::bytes dictionary(const Store &self)
{
    const auto opened = self.held();
    size_t len = 0;
    int status = lode_store_dictionary(opened->store, nullptr, 0, &len);
    std::string text(len, '\0');
    if (status == LODE_E_SPACE)
        status = lode_store_dictionary(opened->store, text.data(), len, &len);
    if (status != LODE_OK)
        fail(status, lode_status_text(status));
    return nb::bytes(text.data(), len);
}

void verify(const Store &self)
{
    const auto opened = self.held();
    lode_diag diag = {};
    int status;
    {
        const nb::gil_scoped_release released;
        status = lode_store_verify(opened->store, nullptr, nullptr, &diag);
    }
    must(status, diag);
}

/* ---- writing -------------------------------------------------------------------------------- */

/* How records are stored; the dictionary is the caller's. */
class StoreOptions
{
  public:
    StoreOptions(int keys, int codec, int level, int align, int shuffle, int64_t block_size,
                 nb::bytes dictionary)
        : dictionary_(std::move(dictionary))
    {
        o_.keys = keys;
        o_.codec = codec;
        o_.level = level;
        o_.align = align;
        o_.shuffle = shuffle;
        o_.block_size = block_size;
        o_.dictionary = dictionary_.size() > 0 ? dictionary_.c_str() : nullptr;
        o_.dictionary_size = dictionary_.size();
    }
    const lode_store_options &get() const { return o_; }

  private:
    nb::bytes dictionary_;
    lode_store_options o_ = LODE_STORE_OPTIONS_INIT;
};

class Writer
{
  public:
    /* A store of its own. */
    Writer(std::optional<nb::bytes> path, const StoreOptions &how, const std::string &name,
           bool unique)
    {
        lode_store_options o = how.get();
        lode_diag diag = {};
        o.name = name_of(name);
        o.unique = unique;
        must(lode_store_create(path ? path_of(*path) : nullptr, &o, &writer_, &diag), diag);
    }
    /* On with what is there, which is copied, or, with add, left in its place. */
    Writer(const nb::bytes &path, bool add, bool unique)
    {
        const char *where = path_of(path);
        lode_diag diag = {};
        int status;
        {
            const nb::gil_scoped_release released;
            status = (add ? lode_store_extend : lode_store_append)(where, &writer_, &diag);
        }
        must(status, diag);
        status = unique ? lode_store_unique(writer_, &diag) : LODE_OK;
        if (status != LODE_OK) {
            lode_store_discard(writer_);
            fail(diag);
        }
    }
    ~Writer() { lode_store_discard(writer_); }
    Writer(const Writer &) = delete;
    Writer &operator=(const Writer &) = delete;

    void put(nb::handle key, nb::handle data, std::optional<std::string> type)
    {
        const void *k = nullptr;
        size_t len = 0;
        if (!key.is_none())
            key_of(key, k, len);
        const Lent lent(data);
        const std::lock_guard<std::mutex> guard(lock_);
        lode_diag diag = {};
        must(lode_store_put(open(), k, len, lent.data(), lent.size(),
                            type ? type->c_str() : nullptr, &diag),
             diag);
    }
    void remove(nb::handle key)
    {
        const void *k;
        size_t len;
        key_of(key, k, len);
        const std::lock_guard<std::mutex> guard(lock_);
        lode_diag diag = {};
        must(lode_store_remove(open(), k, len, &diag), diag);
    }
    void remove_at(int64_t number)
    {
        const std::lock_guard<std::mutex> guard(lock_);
        lode_diag diag = {};
        must(lode_store_remove_at(open(), number, &diag), diag);
    }
    void flush()
    {
        lode_store_writer *writer = taken(true);
        lode_diag diag = {};
        int status;
        {
            const nb::gil_scoped_release released;
            status = lode_store_flush(writer, &diag);
        }
        {
            const std::lock_guard<std::mutex> guard(lock_);
            writer_ = writer;
            flushing_ = false;
        }
        must(status, diag);
    }
    Store *publish() // Python's from then on
    {
        lode_store_writer *writer = taken();
        lode_store *store = nullptr;
        lode_diag diag = {};
        int status;
        {
            const nb::gil_scoped_release released;
            status = lode_store_publish(writer, &store, &diag);
        }
        must(status, diag);
        return new Store(store);
    }
    bool is_open()
    {
        const std::lock_guard<std::mutex> guard(lock_);
        return writer_ != nullptr;
    }
    void discard()
    {
        const std::lock_guard<std::mutex> guard(lock_);
        if (flushing_)
            throw nb::value_error("another thread flushes the writer");
        lode_store_discard(writer_);
        writer_ = nullptr;
    }

  private:
    lode_store_writer *&open()
    {
        if (writer_ == nullptr)
            throw nb::value_error(flushing_ ? "another thread flushes the writer"
                                            : "the writer is closed");
        return writer_;
    }
    /* Nobody else's from then on. The interpreter lock is never let go under lock_: who waits for
     * the one while holding the other would wait for ever. */
    lode_store_writer *taken(bool for_flush = false)
    {
        const std::lock_guard<std::mutex> guard(lock_);
        lode_store_writer *writer = std::exchange(open(), nullptr);
        flushing_ = for_flush;
        return writer;
    }
    lode_store_writer *writer_ = nullptr;
    bool flushing_ = false;
    std::mutex lock_;
};

/* The store or set at path, written anew as one file. */
void store_compact(const nb::bytes &path, const StoreOptions &how)
{
    const char *where = path_of(path);
    lode_diag diag = {};
    int cancel = 0;
    const auto [status, interrupted] = interruptible(
        cancel, [&] { return lode_store_compact(where, &how.get(), &cancel, &diag); });
    if (interrupted)
        throw nb::python_error(*interrupted);
    must(status, diag);
}

/* Numbers at positions first on of an order, to all of numbers. */
void order(uint64_t seed, uint64_t epoch, int64_t n, int64_t stretch, int64_t window, int64_t first,
           Int64Out numbers)
{
    lode_order o = LODE_ORDER_INIT;
    o.seed = seed;
    o.epoch = epoch;
    o.n = n;
    o.stretch = stretch;
    o.window = window;
    const int status =
        lode_order_numbers(&o, first, static_cast<int64_t>(numbers.size()), numbers.data());
    if (status != LODE_OK)
        fail(status, lode_status_text(status));
}

nb::bytes train(const nb::typed<nb::list, nb::object> &samples, size_t size)
{
    std::string all, dictionary(size, '\0');
    std::vector<size_t> lens;
    for (nb::handle h : samples) {
        const Lent lent(h);
        all.append(static_cast<const char *>(lent.data()), lent.size());
        lens.push_back(lent.size());
    }
    lode_diag diag = {};
    int64_t got;
    {
        const nb::gil_scoped_release released;
        got =
            lode_store_train(all.data(), lens.data(), lens.size(), dictionary.data(), size, &diag);
    }
    must(got, diag);
    return nb::bytes(dictionary.data(), static_cast<size_t>(got));
}

lode_store *open_place(const char *path, int64_t place)
{
    lode_store_open_options options = LODE_STORE_OPEN_OPTIONS_INIT;
    options.map_mode = LODE_MAP_GUARDED;
    options.place = place;
    lode_diag diag = {};
    lode_store *store = nullptr;
    must(lode_store_open(path, &options, &store, &diag), diag);
    return store;
}

/* Names of a file's stores, in their order. */
std::vector<nb::str> store_names(const nb::bytes &path)
{
    std::vector<nb::str> names;
    struct lode_store_info i = {};
    i.struct_size = sizeof i;
    do {
        lode_store *store = open_place(path_of(path), static_cast<int64_t>(names.size()) + 1);
        (void)lode_store_info(store, &i);
        lode_store_close(store);
        names.push_back(to_str(i.name));
    } while (static_cast<int64_t>(names.size()) < i.stores);
    return names;
}

/* Writers of store_join, until they are published. */
struct Writers {
    std::vector<lode_store_writer *> all;
    ~Writers()
    {
        for (lode_store_writer *writer : all)
            lode_store_discard(writer);
    }
};

/* The only store of each file, under a name, in one file. */
void store_join(const nb::bytes &out, const std::vector<nb::bytes> &paths,
                const std::vector<std::string> &names)
{
    Writers writers;
    lode_diag diag = {};
    if (paths.size() != names.size())
        throw nb::value_error("each store has a name");
    for (const std::string &name : names)
        (void)name_of(name);
    for (size_t k = 0; k < paths.size(); k++) {
        const Store store(paths[k], std::nullopt, 0);
        const std::shared_ptr<Opened> opened = store.held();
        lode_store_writer *writer = nullptr;
        int status;
        {
            nb::gil_scoped_release released;
            status = lode_store_copy(opened->store, names[k].c_str(), &writer, &diag);
        }
        must(status, diag);
        writers.all.push_back(writer);
    }
    const std::vector<lode_store_writer *> given = std::move(writers.all);
    writers.all.clear();
    const char *path = path_of(out);
    int status;
    {
        nb::gil_scoped_release released;
        status =
            lode_store_publish_all(given.data(), static_cast<int64_t>(given.size()), path, &diag);
    }
    must(status, diag);
}

} // namespace

void bind_records(nb::module_ &m)
{
    m.def("order", &order, "seed"_a, "epoch"_a, "n"_a, "stretch"_a, "window"_a, "first"_a,
          "numbers"_a);
    m.def("train", &train, "samples"_a, "size"_a);
    m.def("store_names", &store_names, "path"_a);
    m.def("store_compact", &store_compact, "path"_a, "options"_a);
    m.def("store_join", &store_join, "out"_a, "paths"_a, "names"_a);
    nb::class_<Store>(m, "Store")
        .def(nb::init<const nb::bytes &, std::optional<std::string>, uint64_t>(), "path"_a,
             "name"_a.none(), "content_id"_a)
        .def("info", &info)
        .def("find", &find, "key"_a)
        .def("find_many", &find_many, "keys"_a, nb::arg("numbers").noconvert())
        .def("sizes", &sizes, "numbers"_a, nb::arg("out").noconvert())
        .def("offsets", &offsets, "numbers"_a, nb::arg("out").noconvert())
        .def("value", &value, "key"_a)
        .def("get", &get, "number"_a)
        .def("view", &view, "number"_a)
        .def("get_many", &get_many, "numbers"_a, nb::arg("out").noconvert(), "offsets"_a,
             "threads"_a)
        .def("key", &key, "number"_a)
        .def("types", &types, "numbers"_a, "out"_a)
        .def("type_number", &type_number, "number"_a)
        .def("type_text", &type_text, "type"_a)
        .def("schema", &schema_of, "type"_a)
        .def("dictionary", &dictionary)
        .def("verify", &verify)
        .def("close", &Store::close);
    nb::class_<Schema>(m, "Schema")
        .def(nb::init<const nb::bytes &>(), "bfbs"_a)
        .def("type", &Schema::type)
        .def("check", &Schema::check, "data"_a, "what"_a);
    nb::class_<StoreOptions>(m, "StoreOptions")
        .def(nb::init<int, int, int, int, int, int64_t, nb::bytes>(), "keys"_a, "codec"_a,
             "level"_a, "align"_a, "shuffle"_a, "block_size"_a, "dictionary"_a);
    nb::class_<Writer>(m, "StoreWriter")
        .def(nb::init<std::optional<nb::bytes>, const StoreOptions &, const std::string &, bool>(),
             "path"_a.none(), "options"_a, "name"_a, "unique"_a)
        .def(nb::init<const nb::bytes &, bool, bool>(), "path"_a, "add"_a, "unique"_a)
        .def("put", &Writer::put, "key"_a.none(), "data"_a, "type"_a.none())
        .def("remove", &Writer::remove, "key"_a)
        .def("remove_at", &Writer::remove_at, "number"_a)
        .def_prop_ro("open", &Writer::is_open)
        .def("flush", &Writer::flush)
        .def("publish", &Writer::publish, nb::rv_policy::take_ownership)
        .def("discard", &Writer::discard);
}
