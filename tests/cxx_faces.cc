// The C++ headers and libgccpp as a program sees them. tests/cxx.sh compiles this with each
// compiler and for each standard; TEST_GLOBAL_NEW says that it is linked to libgccpp. Prints "ok",
// or what is wrong.

#include <link.h>
#include <pthread.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <unordered_map>
#include <vector>
#define GC_ATOMIC_UNCOLLECTABLE
#include <gc_cpp.h>
#include <gc/gc_allocator.h>
#include <gc/cord.h>
#include <gc/ec.h>

static int failures;

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            std::printf("line %d: %s\n", __LINE__, #condition);                                    \
            failures++;                                                                            \
        }                                                                                          \
    } while (0)

static const int many = 200;
static const int few = 20; // what may be kept by what happens to lie on the stack

static void collect()
{
    for (int i = 0; i < 3; i++) {
        GC_gcollect();
        GC_invoke_finalizers();
    }
}

static void *use_stack(void *)
{
    volatile char bytes[4096];
    std::memset(const_cast<char *>(bytes), 0, sizeof bytes);
    return nullptr;
}

// ---- Classes ----------------------------------------------------------------------------------

struct node : public gc {
    node *next;
    long value;
    explicit node(long v) : next(nullptr), value(v)
    {
    }
};

static int destroyed[10];

struct file : public gc_cleanup {
    int number;
    explicit file(int n) : number(n)
    {
    }
    ~file() override
    {
        destroyed[number]++;
    }
};

struct other {
    virtual ~other()
    {
    }
    long filler = 0;
};

// gc_cleanup in its middle, and once more in a member.
struct owner : public other, public file {
    file inner;
    explicit owner(int n) : file(n), inner(n)
    {
    }
};

// make(number) makes files with that number.
template <class Make> static int destroyed_of_many(int number, Make make)
{
    for (int i = 0; i < many; i++)
        make(number);
    use_stack(nullptr);
    collect();
    return destroyed[number];
}

static void test_classes()
{
    node *first = nullptr;
    for (long i = 0; i < 10000; i++) {
        node *n = new node(i);
        n->next = first;
        first = n;
    }
    collect();
    long sum = 0;
    for (node *n = first; n != nullptr; n = n->next)
        sum += n->value;
    CHECK(sum == 9999L * 10000 / 2);
    CHECK(GC_base(first) != nullptr);

    CHECK(destroyed_of_many(1, [](int n) { new file(n); }) >= many - few);
    CHECK(destroyed_of_many(2, [](int n) { new owner(n); }) >= 2 * (many - few));
    CHECK(destroyed_of_many(3, [](int n) { new (NoGC) file(n); }) == 0);
    CHECK(destroyed_of_many(4, [](int n) { delete new file(n); }) == many);
    {
        file on_the_stack(5);
        CHECK(on_the_stack.number == 5);
    }
    CHECK(destroyed[5] == 1);

    void *room[8];
    node *placed = new (room) node(5);
    CHECK(static_cast<void *>(placed) == room && placed->value == 5);

    node *array = new node[3]{node(1), node(2), node(3)};
    CHECK(array[2].value == 3);
    delete[] array;
}

struct throws : public gc {
    throws()
    {
        throw 1;
    }
};

static void test_constructors_that_throw()
{
    int caught = 0;
    for (int i = 0; i < 4; i++) {
        try {
            if (i == 0)
                new throws;
            else if (i == 1)
                new (NoGC) throws;
            else if (i == 2)
                ::new (NoGC) throws;
            else
                new throws[2];
        } catch (int) {
            caught++;
        }
    }
    CHECK(caught == 4);
}

// ---- Placements -------------------------------------------------------------------------------

// An array of so many pointers to objects that nothing else points to, each with a link.
struct kept {
    void ***pointers;
    void **links; // cleared with the objects
};

template <class Make> static __attribute__((noinline)) kept keep_by(Make make)
{
    kept k;
    k.pointers = make();
    k.links = static_cast<void **>(GC_malloc_atomic_uncollectable(many * sizeof(void *)));
    for (int i = 0; i < many; i++) {
        k.pointers[i] = new (GC) void *[2];
        k.links[i] = reinterpret_cast<void *>(~reinterpret_cast<std::uintptr_t>(k.pointers[i]));
        GC_general_register_disappearing_link(&k.links[i], k.pointers[i]);
    }
    return k;
}

static int alive(const kept &k)
{
    use_stack(nullptr);
    collect();
    int n = 0;
    for (int i = 0; i < many; i++)
        n += k.links[i] != nullptr;
    GC_reachable_here(k.pointers);
    return n;
}

static void test_placements()
{
    kept k = keep_by([] { return new (GC) void **[many]; });
    CHECK(alive(k) == many);
    k = keep_by([] { return new (NoGC) void **[many]; });
    CHECK(alive(k) == many);
    k = keep_by([] { return new (PointerFreeGC) void **[many]; });
    CHECK(alive(k) <= few);
    k = keep_by([] { return new (PointerFreeNoGC) void **[many]; });
    CHECK(alive(k) <= few);

    static int cleaned;
    struct clean {
        static void GC_CALLBACK up(void *obj, void *data)
        {
            cleaned += *static_cast<int *>(obj) == 7 && data == &cleaned;
        }
    };
    for (int i = 0; i < many; i++)
        *new (GC, clean::up, &cleaned) int = 7;
    use_stack(nullptr);
    collect();
    CHECK(cleaned >= many - few);
}

// ---- Allocators -------------------------------------------------------------------------------

template <template <class> class A> static void test_requirements()
{
    typedef std::allocator_traits<A<int>> traits;
    static_assert(std::is_same<typename traits::template rebind_alloc<char>, A<char>>::value, "");
    static_assert(std::is_same<typename traits::pointer, int *>::value, "");
    static_assert(traits::propagate_on_container_move_assignment::value, "");
    static_assert(traits::propagate_on_container_copy_assignment::value, "");
    static_assert(traits::propagate_on_container_swap::value, "");
    static_assert(std::is_empty<A<int>>::value && A<int>::is_always_equal::value, "");
    static_assert(std::is_nothrow_copy_constructible<A<int>>::value, "");
    static_assert(std::is_nothrow_constructible<A<int>, const A<char> &>::value, "");
    static_assert(noexcept(std::declval<A<int> &>() == std::declval<A<char> &>()), "");

    A<int> a;
    A<char> b(a);
    A<void> c;
    (void)c;
    CHECK(a == b && !(a != b));
    int *p = traits::allocate(a, 10);
    traits::construct(a, p, 5);
    CHECK(*p == 5);
    traits::destroy(a, p);
    traits::deallocate(a, p, 10);
    CHECK(a.allocate(0) != nullptr);
    CHECK(traits::max_size(a) >= SIZE_MAX / 8);
    bool thrown = false;
    try {
        (void)a.allocate(SIZE_MAX / 2);
    } catch (const std::bad_alloc &) {
        thrown = true;
    }
    CHECK(thrown);

    struct alignas(128) wide {
        char bytes[128];
    };
    A<wide> aligned;
    for (int i = 1; i < 10; i++) {
        wide *w = aligned.allocate(i);
        CHECK(reinterpret_cast<std::uintptr_t>(w) % 128 == 0);
        aligned.deallocate(w, i);
    }
}

struct move_only {
    long *number;
    explicit move_only(long n) : number(new (GC) long(n))
    {
    }
    move_only(move_only &&from) noexcept : number(from.number)
    {
        from.number = nullptr;
    }
    move_only &operator=(move_only &&from) noexcept
    {
        number = from.number;
        return *this;
    }
    move_only(const move_only &) = delete;
};

static node *make_node(long i)
{
    return new node(i);
}

// The container itself lies on the stack, and what it points to only in its memory.
template <template <class> class A> static void test_containers()
{
    std::vector<node *, A<node *>> vector;
    std::list<node *, A<node *>> list;
    std::deque<node *, A<node *>> deque;
    std::map<long, node *, std::less<long>, A<std::pair<const long, node *>>> map;
    std::unordered_map<long, node *, std::hash<long>, std::equal_to<long>,
                       A<std::pair<const long, node *>>>
        hashed;
    std::basic_string<char, std::char_traits<char>, A<char>> string;
    std::vector<bool, A<bool>> bits;
    std::vector<move_only, A<move_only>> movable;
    const long count = 3000;
    for (long i = 0; i < count; i++) {
        vector.push_back(make_node(i));
        list.push_back(make_node(i));
        deque.push_back(make_node(i));
        map[i] = make_node(i);
        hashed[i] = make_node(i);
        string += static_cast<char>('a' + i % 26);
        bits.push_back(i % 3 == 0);
        movable.emplace_back(i);
        if (i % 1000 == 0)
            GC_gcollect();
    }
    collect();
    for (long i = 0; i < count; i++)
        (void)new node(-1); // would take the place of what was not kept
    bool right = true;
    auto at = list.begin();
    for (long i = 0; i < count; i++, ++at) {
        right = right && vector[i]->value == i && (*at)->value == i && deque[i]->value == i &&
                map[i]->value == i && hashed[i]->value == i && string[i] == 'a' + i % 26 &&
                bits[i] == (i % 3 == 0) && *movable[i].number == i;
    }
    CHECK(right);

    auto copy = vector;
    auto moved = std::move(vector);
    CHECK(copy == moved);
    CHECK(std::allocate_shared<long>(A<long>(), 5L).use_count() == 1);
}

struct pointers {
    void *p;
};
struct no_pointers {
    std::uintptr_t bits;
};
GC_DECLARE_PTRFREE(no_pointers);
enum class color : char { red };

template <class T> constexpr bool is_pointer_free()
{
    return std::is_same<decltype(GC_type_traits<T>::GC_is_ptr_free), GC_true_type>::value;
}

static_assert(is_pointer_free<char>() && is_pointer_free<unsigned long>() &&
                  is_pointer_free<double>() && is_pointer_free<bool>() &&
                  is_pointer_free<char32_t>() && is_pointer_free<color>() &&
                  is_pointer_free<no_pointers>(),
              "");
static_assert(!is_pointer_free<void *>() && !is_pointer_free<pointers>() &&
                  !is_pointer_free<unsigned long long>(),
              "");

template <class T, class A> static int alive_in(A a)
{
    kept k = keep_by([&] { return reinterpret_cast<void ***>(a.allocate(many)); });
    return alive(k);
}

static void test_what_is_searched()
{
    CHECK(alive_in<void *>(gc_allocator<void *>()) == many);
    CHECK(alive_in<void *>(gc_allocator_ignore_off_page<void *>()) == many);
    CHECK(alive_in<void *>(traceable_allocator<void *>()) == many);
    CHECK(alive_in<long>(gc_allocator<long>()) <= few);
    CHECK(alive_in<long>(gc_allocator_ignore_off_page<long>()) <= few);
    CHECK(alive_in<long>(traceable_allocator<long>()) == many);
}

// ---- Operators new and delete ------------------------------------------------------------------

#ifdef TEST_GLOBAL_NEW

static int handled;

static void give_up()
{
    handled++;
    std::set_new_handler(nullptr);
}

static bool is_ours(void *p)
{
    return GC_base(p) != nullptr;
}

static void test_failures()
{
    volatile std::size_t huge = SIZE_MAX / 4; // the compiler would warn of it
    bool thrown = false;
    std::set_new_handler(give_up);
    try {
        ::operator delete(::operator new(huge));
    } catch (const std::bad_alloc &) {
        thrown = true;
    }
    CHECK(thrown && handled == 1);
    CHECK(::operator new(huge, std::nothrow) == nullptr);
    CHECK(::operator new[](huge, std::nothrow) == nullptr);
}

#ifdef __cpp_aligned_new
struct alignas(256) wide {
    void *pointer;
};
struct alignas(256) collected_wide : public gc {
    void *pointer;
};

static bool is_aligned(void *p)
{
    return reinterpret_cast<std::uintptr_t>(p) % 256 == 0;
}

static void test_aligned()
{
    for (int i = 0; i < 100; i++) {
        wide *one = new wide, *array = new wide[3], *quiet = new (std::nothrow) wide;
        collected_wide *collected = new collected_wide;
        CHECK(is_ours(one) && is_ours(array) && is_ours(quiet) && is_ours(collected));
        CHECK(is_aligned(one) && is_aligned(array) && is_aligned(quiet) && is_aligned(collected));
        delete one;
        delete[] array;
        delete quiet;
        delete collected;
    }
    volatile std::size_t huge = SIZE_MAX - 20;
    CHECK(::operator new(huge, std::align_val_t(64), std::nothrow) == nullptr);
    kept k = keep_by([] {
        return reinterpret_cast<void ***>(
            ::operator new(many * sizeof(void *), std::align_val_t(64)));
    });
    CHECK(alive(k) == many);
}
#endif

static void test_global_new()
{
    CHECK(is_ours(new char));
    CHECK(is_ours(new char[10]));
    CHECK(is_ours(new (std::nothrow) char));
    kept k = keep_by([] { return new void **[many]; });
    CHECK(alive(k) == many);

    std::size_t before = GC_get_heap_size();
    for (int i = 0; i < 200000; i++) {
        delete new long(1);
        delete[] new char[2000];
    }
    CHECK(GC_get_heap_size() < before + (100u << 20)); // 400 MB were allocated
    test_failures();
#ifdef __cpp_aligned_new
    test_aligned();
#endif
}

#endif

// ---- Exceptions through the collector ----------------------------------------------------------

static int throw_something(dl_phdr_info *, std::size_t, void *)
{
    throw 1;
}

static void *allocate_until_collected(void *)
{
    GC_word before = GC_get_gc_no();
    for (int i = 0; i < 4000000 && GC_get_gc_no() < before + 2; i++)
        static_cast<volatile char *>(GC_malloc(100))[0] = 1;
    CHECK(GC_get_gc_no() >= before + 2);
    return nullptr;
}

// No thread but the one that is in a callback could collect.
static void test_exceptions_out_of_callbacks()
{
    pthread_t thread;
    bool thrown = false;
    try {
        dl_iterate_phdr(throw_something, nullptr);
    } catch (int) {
        thrown = true;
    }
    CHECK(thrown);
    CHECK(pthread_create(&thread, nullptr, allocate_until_collected, nullptr) == 0);
    CHECK(pthread_join(thread, nullptr) == 0);
}

// ---- Cords -------------------------------------------------------------------------------------

static void test_cords()
{
    CORD x = CORD_cat("from C++: ", CORD_chars('x', 100));
    CORD_pos p;
    std::size_t n = 0;
    CORD_FOR(p, x)
    n += CORD_pos_fetch(p) == 'x';
    CORD_ec e;
    CORD_ec_init(e);
    CORD_ec_append(e, 'c');
    CORD_ec_append_cord(e, x);
    CHECK(n == 100 && CORD_len(CORD_ec_to_cord(e)) == 111);
}

int main()
{
    GC_INIT();
    test_classes();
    test_constructors_that_throw();
    test_placements();
    test_requirements<gc_allocator>();
    test_requirements<gc_allocator_ignore_off_page>();
    test_requirements<traceable_allocator>();
    test_containers<gc_allocator>();
    test_containers<gc_allocator_ignore_off_page>();
    test_containers<traceable_allocator>();
    test_what_is_searched();
    test_exceptions_out_of_callbacks();
    test_cords();
#ifdef TEST_GLOBAL_NEW
    test_global_new();
#endif
    if (failures == 0)
        std::puts("ok");
    return failures != 0;
}
