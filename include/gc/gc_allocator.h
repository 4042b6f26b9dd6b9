/* gc_allocator.h: allocators for the containers of the C++ library.
 *
 *     std::vector<node *, gc_allocator<node *> > nodes;
 *
 * - gc_allocator<T>: collected memory. It is not searched for pointers if T is a type that cannot
 *   hold any: the arithmetic types listed below, those for which the program says
 *   GC_DECLARE_PTRFREE(T), and, from C++11 on, scalar types smaller than a pointer.
 * - gc_allocator_ignore_off_page<T>: the same for large containers to whose beginning a pointer is
 *   always kept (GC_malloc_ignore_off_page).
 * - traceable_allocator<T>: memory that lives until the container gives it back, and is searched:
 *   for containers in memory that the collector does not look into.
 *
 * A container of the first two kinds needs no destruction. They have no state: all allocators of
 * one kind are equal. Allocation throws std::bad_alloc if it fails, or ends the program if it
 * defines GC_NEW_ABORTS_ON_OOM or is compiled without exceptions. Memory is aligned as T wants it.
 */
#ifndef GC_ALLOCATOR_H
#define GC_ALLOCATOR_H

#include "gc.h"
#include <new>
#if __cplusplus >= 201103L
#include <type_traits>
#include <utility>
#endif

#if defined(GC_NEW_ABORTS_ON_OOM) || defined(_LIBCPP_NO_EXCEPTIONS) ||                             \
    (defined(__GNUC__) && !defined(__EXCEPTIONS))
#define GC_ALLOCATOR_THROW_OR_ABORT() GC_abort_on_oom()
#else
#define GC_ALLOCATOR_THROW_OR_ABORT() throw std::bad_alloc()
#endif

/* ---- Types without pointers --------------------------------------------------------------------
 *
 * GC_type_traits<T>::GC_is_ptr_free is of the first of these types, or of the second.
 */

struct GC_true_type {
};
struct GC_false_type {
};

template <bool> struct GC_bool_type {
    typedef GC_false_type type;
};
template <> struct GC_bool_type<true> {
    typedef GC_true_type type;
};

template <class GC_Tp> struct GC_type_traits {
#if __cplusplus >= 201103L
    typename GC_bool_type<std::is_scalar<GC_Tp>::value && sizeof(GC_Tp) < sizeof(void *)>::type
        GC_is_ptr_free;
#else
    GC_false_type GC_is_ptr_free;
#endif
};

/* In a program: objects of type T hold no pointers into the heap. */
#define GC_DECLARE_PTRFREE(T)                                                                      \
    template <> struct GC_type_traits<T> {                                                         \
        GC_true_type GC_is_ptr_free;                                                               \
    }

GC_DECLARE_PTRFREE(char);
GC_DECLARE_PTRFREE(signed char);
GC_DECLARE_PTRFREE(unsigned char);
GC_DECLARE_PTRFREE(signed short);
GC_DECLARE_PTRFREE(unsigned short);
GC_DECLARE_PTRFREE(signed int);
GC_DECLARE_PTRFREE(unsigned int);
GC_DECLARE_PTRFREE(signed long);
GC_DECLARE_PTRFREE(unsigned long);
GC_DECLARE_PTRFREE(float);
GC_DECLARE_PTRFREE(double);
GC_DECLARE_PTRFREE(long double);

/* ---- Memory ------------------------------------------------------------------------------------
 *
 * Each of these gives memory or does not return.
 */

inline void *GC_selective_alloc(size_t bytes, GC_false_type, bool ignore_off_page)
{
    void *obj = ignore_off_page ? GC_MALLOC_IGNORE_OFF_PAGE(bytes) : GC_MALLOC(bytes);
    if (obj == 0)
        GC_ALLOCATOR_THROW_OR_ABORT();
    return obj;
}

inline void *GC_selective_alloc(size_t bytes, GC_true_type, bool ignore_off_page)
{
    void *obj = ignore_off_page ? GC_MALLOC_ATOMIC_IGNORE_OFF_PAGE(bytes) : GC_MALLOC_ATOMIC(bytes);
    if (obj == 0)
        GC_ALLOCATOR_THROW_OR_ABORT();
    return obj;
}

/* Where memory comes from, for types whose alignment all memory has. */
template <bool ignore_off_page> struct GC_collected_memory {
    template <class GC_Tp> static void *allocate(size_t bytes)
    {
        return GC_selective_alloc(bytes, GC_type_traits<GC_Tp>().GC_is_ptr_free, ignore_off_page);
    }

    static void *allocate_aligned(size_t bytes, size_t align)
    {
        void *obj = GC_memalign(align, bytes);
        if (obj == 0)
            GC_ALLOCATOR_THROW_OR_ABORT();
        return obj;
    }
};

typedef GC_collected_memory<false> GC_usual_memory;
typedef GC_collected_memory<true> GC_large_memory;

struct GC_traceable_memory {
    template <class GC_Tp> static void *allocate(size_t bytes)
    {
        void *obj = GC_MALLOC_UNCOLLECTABLE(bytes);
        if (obj == 0)
            GC_ALLOCATOR_THROW_OR_ABORT();
        return obj;
    }

    /* Somewhere in an object that is large enough. */
    static void *allocate_aligned(size_t bytes, size_t align)
    {
        void *obj = bytes + align < bytes ? 0 : GC_malloc_uncollectable(bytes + align);
        if (obj == 0)
            GC_ALLOCATOR_THROW_OR_ABORT();
        size_t beyond = reinterpret_cast<size_t>(obj) % align;
        return static_cast<char *>(obj) + (align - beyond) % align;
    }
};

/* ---- Allocators --------------------------------------------------------------------------------
 *
 * What they have in common.
 */

template <class GC_Tp, class GC_Memory> class GC_allocator_base
{
    static bool is_over_aligned()
    {
#if __cplusplus >= 201103L
        return alignof(GC_Tp) > 2 * sizeof(void *);
#else
        return false;
#endif
    }

    static size_t alignment()
    {
#if __cplusplus >= 201103L
        return alignof(GC_Tp);
#else
        return 1;
#endif
    }

  public:
    typedef size_t size_type;
    typedef ptrdiff_t difference_type;
    typedef GC_Tp *pointer;
    typedef const GC_Tp *const_pointer;
    typedef GC_Tp &reference;
    typedef const GC_Tp &const_reference;
    typedef GC_Tp value_type;

#if __cplusplus >= 201103L
    typedef std::true_type propagate_on_container_copy_assignment;
    typedef std::true_type propagate_on_container_move_assignment;
    typedef std::true_type propagate_on_container_swap;
    typedef std::true_type is_always_equal;
#endif

    pointer address(reference x) const GC_NOEXCEPT
    {
        return &x;
    }
    const_pointer address(const_reference x) const GC_NOEXCEPT
    {
        return &x;
    }

    /* Room for n objects, which may be 0. */
    pointer allocate(size_type n, const void * = 0)
    {
        if (n > max_size())
            GC_ALLOCATOR_THROW_OR_ABORT();
        size_t bytes = n * sizeof(GC_Tp);
        return static_cast<pointer>(is_over_aligned()
                                        ? GC_Memory::allocate_aligned(bytes, alignment())
                                        : GC_Memory::template allocate<GC_Tp>(bytes));
    }

    void deallocate(pointer p, size_type) GC_NOEXCEPT
    {
        if (is_over_aligned())
            GC_free(GC_base(p));
        else
            GC_FREE(p);
    }

    size_type max_size() const GC_NOEXCEPT
    {
        return static_cast<size_type>(-1) / sizeof(GC_Tp);
    }

#if __cplusplus >= 201103L
    template <class GC_Up, class... GC_Args> void construct(GC_Up *p, GC_Args &&...args)
    {
        ::new (static_cast<void *>(p)) GC_Up(std::forward<GC_Args>(args)...);
    }
    template <class GC_Up> void destroy(GC_Up *p)
    {
        p->~GC_Up();
    }
#else
    void construct(pointer p, const GC_Tp &value)
    {
        ::new (static_cast<void *>(p)) GC_Tp(value);
    }
    void destroy(pointer p)
    {
        p->~GC_Tp();
    }
#endif
};

template <class GC_Memory> class GC_allocator_base<void, GC_Memory>
{
  public:
    typedef size_t size_type;
    typedef ptrdiff_t difference_type;
    typedef void *pointer;
    typedef const void *const_pointer;
    typedef void value_type;
};

template <class GC_Tp> class gc_allocator : public GC_allocator_base<GC_Tp, GC_usual_memory>
{
  public:
    template <class GC_Tp1> struct rebind {
        typedef gc_allocator<GC_Tp1> other;
    };

    gc_allocator() GC_NOEXCEPT
    {
    }
    template <class GC_Tp1> GC_ATTR_EXPLICIT gc_allocator(const gc_allocator<GC_Tp1> &) GC_NOEXCEPT
    {
    }
};

template <class GC_T1, class GC_T2>
inline bool operator==(const gc_allocator<GC_T1> &, const gc_allocator<GC_T2> &) GC_NOEXCEPT
{
    return true;
}

template <class GC_T1, class GC_T2>
inline bool operator!=(const gc_allocator<GC_T1> &, const gc_allocator<GC_T2> &) GC_NOEXCEPT
{
    return false;
}

template <class GC_Tp>
class gc_allocator_ignore_off_page : public GC_allocator_base<GC_Tp, GC_large_memory>
{
  public:
    template <class GC_Tp1> struct rebind {
        typedef gc_allocator_ignore_off_page<GC_Tp1> other;
    };

    gc_allocator_ignore_off_page() GC_NOEXCEPT
    {
    }
    template <class GC_Tp1>
    GC_ATTR_EXPLICIT
    gc_allocator_ignore_off_page(const gc_allocator_ignore_off_page<GC_Tp1> &) GC_NOEXCEPT
    {
    }
};

template <class GC_T1, class GC_T2>
inline bool operator==(const gc_allocator_ignore_off_page<GC_T1> &,
                       const gc_allocator_ignore_off_page<GC_T2> &) GC_NOEXCEPT
{
    return true;
}

template <class GC_T1, class GC_T2>
inline bool operator!=(const gc_allocator_ignore_off_page<GC_T1> &,
                       const gc_allocator_ignore_off_page<GC_T2> &) GC_NOEXCEPT
{
    return false;
}

template <class GC_Tp>
class traceable_allocator : public GC_allocator_base<GC_Tp, GC_traceable_memory>
{
  public:
    template <class GC_Tp1> struct rebind {
        typedef traceable_allocator<GC_Tp1> other;
    };

    traceable_allocator() GC_NOEXCEPT
    {
    }
    template <class GC_Tp1>
    GC_ATTR_EXPLICIT traceable_allocator(const traceable_allocator<GC_Tp1> &) GC_NOEXCEPT
    {
    }
};

template <class GC_T1, class GC_T2>
inline bool operator==(const traceable_allocator<GC_T1> &,
                       const traceable_allocator<GC_T2> &) GC_NOEXCEPT
{
    return true;
}

template <class GC_T1, class GC_T2>
inline bool operator!=(const traceable_allocator<GC_T1> &,
                       const traceable_allocator<GC_T2> &) GC_NOEXCEPT
{
    return false;
}

#endif
