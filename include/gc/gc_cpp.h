/* gc_cpp.h: the collector's interface for C++: which memory operator new takes.
 *
 *     class node : public gc { ... };       node *n = new node;
 *     class file : public gc_cleanup { ... };
 *     int *numbers = new (PointerFreeGC) int[n];
 *
 * - Objects of classes derived from gc are collected. Their destructors are not run then.
 * - So are those of classes derived from gc_cleanup, or with members of such a class, and their
 *   destructors are run first: by a finalizer, after the object has become unreachable. See gc.h on
 *   finalizers; the object's own pointers to itself do not count, and of objects in a cycle none is
 *   finalized. In an array, only the first object's destructor is run.
 * - A placement says it for one object, of any type:
 *     new (GC) T               collected, no destructor, unless T's class says otherwise
 *     new (GC, f, data) T      collected, and f(object, data) is called first, no destructor; for a
 *                              class not derived from gc: ::new (GC, f, data) T
 *     new (PointerFreeGC) T    collected, and not searched for pointers
 *     new (NoGC) T             lives until delete, and is searched
 *     new (PointerFreeNoGC) T  lives until delete, and is not searched (where the program defines
 *                              GC_ATOMIC_UNCOLLECTABLE)
 * - All other objects of operator new live until delete and are searched, if the program is linked
 *   to libgccpp (-lgccpp -lgc). Otherwise they are memory of the C++ library, where pointers are
 *   not seen.
 *
 * delete is possible for each of them, and runs the destructor; but not for one that was made with
 * a function f. Allocations that fail throw std::bad_alloc, by GC_throw_bad_alloc in libgccpp or
 * libgctba. Objects of types that want to be aligned to more than 16 bytes are, where the language
 * has that (C++17), except with a placement.
 *
 * A program may define, before it includes this: GC_NAME_CONFLICT, if GC is another name of its own
 * (UseGC means the same); GC_NAMESPACE, to have the classes in namespace boehmgc;
 * GC_NEW_ABORTS_ON_OOM, to end rather than throw; GC_INCLUDE_NEW, to throw without the help of a
 * library; GC_NO_OPERATOR_NEW_ARRAY, to leave operator new[] alone.
 */
#ifndef GC_CPP_H
#define GC_CPP_H

#include "gc.h"

#ifdef __cpp_aligned_new
#include <new>
#endif

#ifdef GC_NAMESPACE
#define GC_NS_QUALIFY(T) boehmgc::T
#else
#define GC_NS_QUALIFY(T) T
#endif

#define GC_cdecl GC_CALLBACK
#define GC_PLACEMENT_DELETE

#if !defined(GC_NO_OPERATOR_NEW_ARRAY) && !defined(GC_OPERATOR_NEW_ARRAY)
#define GC_OPERATOR_NEW_ARRAY
#endif

/* What an operator new does with the NULL of a failed allocation. */
#if defined(GC_NEW_ABORTS_ON_OOM) || defined(_LIBCPP_NO_EXCEPTIONS)
#define GC_OP_NEW_OOM_CHECK(obj)                                                                   \
    do {                                                                                           \
        if (!(obj))                                                                                \
            GC_abort_on_oom();                                                                     \
    } while (0)
#elif defined(GC_INCLUDE_NEW)
#include <new>
#define GC_OP_NEW_OOM_CHECK(obj)                                                                   \
    do {                                                                                           \
        if (!(obj))                                                                                \
            throw std::bad_alloc();                                                                \
    } while (0)
#else
GC_API void GC_CALL GC_throw_bad_alloc();
#define GC_OP_NEW_OOM_CHECK(obj)                                                                   \
    do {                                                                                           \
        if (!(obj))                                                                                \
            GC_throw_bad_alloc();                                                                  \
    } while (0)
#endif

#ifdef GC_NAMESPACE
namespace boehmgc
{
#endif

enum GCPlacement {
    UseGC,
#ifndef GC_NAME_CONFLICT
    GC = UseGC,
#endif
    NoGC,
    PointerFreeGC
#ifdef GC_ATOMIC_UNCOLLECTABLE
    ,
    PointerFreeNoGC
#endif
};

extern "C" {
typedef void(GC_CALLBACK *GCCleanUpFunc)(void *obj, void *clientData);
}

class gc
{
  public:
    inline void *operator new(size_t size);
    inline void *operator new(size_t size, GCPlacement gcp);
    inline void *operator new(size_t, void *p) GC_NOEXCEPT;
    inline void operator delete(void *obj) GC_NOEXCEPT;
    inline void operator delete(void *obj, GCPlacement) GC_NOEXCEPT;
    inline void operator delete(void *, void *) GC_NOEXCEPT;

#ifdef GC_OPERATOR_NEW_ARRAY
    inline void *operator new[](size_t size);
    inline void *operator new[](size_t size, GCPlacement gcp);
    inline void *operator new[](size_t, void *p) GC_NOEXCEPT;
    inline void operator delete[](void *obj) GC_NOEXCEPT;
    inline void operator delete[](void *obj, GCPlacement) GC_NOEXCEPT;
    inline void operator delete[](void *, void *) GC_NOEXCEPT;
#endif

#ifdef __cpp_aligned_new
    inline void *operator new(size_t size, std::align_val_t align);
    inline void operator delete(void *obj, std::align_val_t) GC_NOEXCEPT;
#ifdef GC_OPERATOR_NEW_ARRAY
    inline void *operator new[](size_t size, std::align_val_t align);
    inline void operator delete[](void *obj, std::align_val_t) GC_NOEXCEPT;
#endif
#endif
};

class gc_cleanup : virtual public gc
{
  public:
    inline gc_cleanup();
    inline virtual ~gc_cleanup();

  private:
    inline static void GC_CALLBACK cleanup(void *obj, void *clientData);
};

/* For the operators: memory of one of these sorts, or NULL. */
inline void *GC_placement_malloc(size_t size, GCPlacement gcp)
{
    switch (gcp) {
    case UseGC:
        return GC_MALLOC(size);
    case PointerFreeGC:
        return GC_MALLOC_ATOMIC(size);
#ifdef GC_ATOMIC_UNCOLLECTABLE
    case PointerFreeNoGC:
        return GC_MALLOC_ATOMIC_UNCOLLECTABLE(size);
#endif
    case NoGC:
    default:
        return GC_MALLOC_UNCOLLECTABLE(size);
    }
}

#ifdef GC_NAMESPACE
}
#endif

/* ---- Placements for objects of any type --------------------------------------------------------
 */

inline void *operator new(size_t size, GC_NS_QUALIFY(GCPlacement) gcp,
                          GC_NS_QUALIFY(GCCleanUpFunc) cleanup = 0, void *clientData = 0)
{
    void *obj = GC_NS_QUALIFY(GC_placement_malloc)(size, gcp);
    GC_OP_NEW_OOM_CHECK(obj);
    if (cleanup != 0 && gcp == GC_NS_QUALIFY(UseGC))
        GC_REGISTER_FINALIZER_IGNORE_SELF(obj, cleanup, clientData, 0, 0);
    return obj;
}

/* Where the constructor threw. */
inline void operator delete(void *obj, GC_NS_QUALIFY(GCPlacement), GC_NS_QUALIFY(GCCleanUpFunc),
                            void *) GC_NOEXCEPT
{
    GC_FREE(obj);
}

#ifdef GC_OPERATOR_NEW_ARRAY
inline void *operator new[](size_t size, GC_NS_QUALIFY(GCPlacement) gcp,
                            GC_NS_QUALIFY(GCCleanUpFunc) cleanup = 0, void *clientData = 0)
{
    return ::operator new(size, gcp, cleanup, clientData);
}

inline void operator delete[](void *obj, GC_NS_QUALIFY(GCPlacement), GC_NS_QUALIFY(GCCleanUpFunc),
                              void *) GC_NOEXCEPT
{
    GC_FREE(obj);
}
#endif

/* ---- Class gc ----------------------------------------------------------------------------------
 */

#ifdef GC_NAMESPACE
namespace boehmgc
{
#endif

inline void *gc::operator new(size_t size, GCPlacement gcp)
{
    void *obj = GC_placement_malloc(size, gcp);
    GC_OP_NEW_OOM_CHECK(obj);
    return obj;
}

inline void *gc::operator new(size_t size)
{
    return gc::operator new(size, UseGC);
}

inline void *gc::operator new(size_t, void *p) GC_NOEXCEPT
{
    return p;
}

inline void gc::operator delete(void *obj) GC_NOEXCEPT
{
    GC_FREE(obj);
}

inline void gc::operator delete(void *obj, GCPlacement) GC_NOEXCEPT
{
    GC_FREE(obj);
}

inline void gc::operator delete(void *, void *) GC_NOEXCEPT
{
}

#ifdef GC_OPERATOR_NEW_ARRAY
inline void *gc::operator new[](size_t size, GCPlacement gcp)
{
    return gc::operator new(size, gcp);
}

inline void *gc::operator new[](size_t size)
{
    return gc::operator new(size, UseGC);
}

inline void *gc::operator new[](size_t, void *p) GC_NOEXCEPT
{
    return p;
}

inline void gc::operator delete[](void *obj) GC_NOEXCEPT
{
    GC_FREE(obj);
}

inline void gc::operator delete[](void *obj, GCPlacement) GC_NOEXCEPT
{
    GC_FREE(obj);
}

inline void gc::operator delete[](void *, void *) GC_NOEXCEPT
{
}
#endif

#ifdef __cpp_aligned_new
inline void *gc::operator new(size_t size, std::align_val_t align)
{
    void *obj = GC_memalign(static_cast<size_t>(align), size);
    GC_OP_NEW_OOM_CHECK(obj);
    return obj;
}

/* Never an object of GC_DEBUG's. */
inline void gc::operator delete(void *obj, std::align_val_t) GC_NOEXCEPT
{
    GC_free(obj);
}

#ifdef GC_OPERATOR_NEW_ARRAY
inline void *gc::operator new[](size_t size, std::align_val_t align)
{
    return gc::operator new(size, align);
}

inline void gc::operator delete[](void *obj, std::align_val_t) GC_NOEXCEPT
{
    GC_free(obj);
}
#endif
#endif

/* ---- Class gc_cleanup --------------------------------------------------------------------------
 *
 * The finalizer belongs to the object of the heap that this one is in, perhaps as a member or a
 * base in its middle; the finalizer's data is the distance. The first of several gc_cleanups in one
 * heap object keeps it.
 */

inline void GC_CALLBACK gc_cleanup::cleanup(void *obj, void *clientData)
{
    void *self = static_cast<char *>(obj) + reinterpret_cast<ptrdiff_t>(clientData);
    static_cast<gc_cleanup *>(self)->~gc_cleanup();
}

inline gc_cleanup::gc_cleanup()
{
#ifndef GC_NO_FINALIZATION
    void *self = this;
    void *base = GC_base(self);
    if (base == 0)
        return; /* on a stack, or static */
    ptrdiff_t distance = static_cast<char *>(self) - static_cast<char *>(base);
    GC_finalization_proc former = 0;
    void *former_data = 0;
    GC_register_finalizer_ignore_self(base, cleanup, reinterpret_cast<void *>(distance), &former,
                                      &former_data);
    if (former != 0)
        GC_register_finalizer_ignore_self(base, former, former_data, 0, 0);
#endif
}

inline gc_cleanup::~gc_cleanup()
{
#ifndef GC_NO_FINALIZATION
    void *base = GC_base(static_cast<void *>(this));
    if (base != 0)
        GC_register_finalizer_ignore_self(base, 0, 0, 0, 0);
#endif
}

#ifdef GC_NAMESPACE
}
#endif

#endif
