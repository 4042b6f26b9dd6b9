// new.cc: operator new and delete on the collector, for the whole program (libgccpp).
//
// What operator new gives lives until delete, and is searched for pointers. All forms that C++17
// has are here, because the C++ library's own ones for aligned objects take memory that the
// collector does not look into.

#include <cstddef>
#include <cstdint>
#include <new>
#include "gc/gc_cpp.h"

namespace
{

constexpr std::size_t usual_alignment = 16; // of all objects of the collector

// As the standard wants it: the program's handler may make room, throw, or end.
void *allocate(std::size_t size)
{
    for (;;) {
        if (void *object = GC_malloc_uncollectable(size))
            return object;
        if (std::new_handler handler = std::get_new_handler())
            handler();
        else
            GC_throw_bad_alloc();
    }
}

// Somewhere in an object that is large enough. It is never collected, so a pointer into it will do.
void *allocate(std::size_t size, std::align_val_t alignment)
{
    auto align = static_cast<std::size_t>(alignment);
    if (align <= usual_alignment)
        return allocate(size);
    std::size_t more = align - usual_alignment;
    auto address = reinterpret_cast<std::uintptr_t>(
        allocate(size <= SIZE_MAX - more ? size + more : SIZE_MAX));
    return reinterpret_cast<void *>((address + align - 1) & ~(align - 1));
}

template <class... Alignment>
void *allocate_or_null(std::size_t size, Alignment... alignment) noexcept
{
    try {
        return allocate(size, alignment...);
    } catch (...) {
        return nullptr;
    }
}

void free_aligned(void *object) noexcept
{
    if (object != nullptr)
        GC_free(GC_base(object));
}

} // namespace

// Not all compilers declare all of them (-fsized-deallocation), and so they would be hidden.
#pragma GCC visibility push(default)

void *operator new(std::size_t size)
{
    return allocate(size);
}
void *operator new[](std::size_t size)
{
    return allocate(size);
}
void *operator new(std::size_t size, const std::nothrow_t &) noexcept
{
    return allocate_or_null(size);
}
void *operator new[](std::size_t size, const std::nothrow_t &) noexcept
{
    return allocate_or_null(size);
}
void *operator new(std::size_t size, std::align_val_t align)
{
    return allocate(size, align);
}
void *operator new[](std::size_t size, std::align_val_t align)
{
    return allocate(size, align);
}
void *operator new(std::size_t size, std::align_val_t align, const std::nothrow_t &) noexcept
{
    return allocate_or_null(size, align);
}
void *operator new[](std::size_t size, std::align_val_t align, const std::nothrow_t &) noexcept
{
    return allocate_or_null(size, align);
}

void operator delete(void *object) noexcept
{
    GC_free(object);
}
void operator delete[](void *object) noexcept
{
    GC_free(object);
}
void operator delete(void *object, std::size_t) noexcept
{
    GC_free(object);
}
void operator delete[](void *object, std::size_t) noexcept
{
    GC_free(object);
}
void operator delete(void *object, const std::nothrow_t &) noexcept
{
    GC_free(object);
}
void operator delete[](void *object, const std::nothrow_t &) noexcept
{
    GC_free(object);
}
void operator delete(void *object, std::align_val_t) noexcept
{
    free_aligned(object);
}
void operator delete[](void *object, std::align_val_t) noexcept
{
    free_aligned(object);
}
void operator delete(void *object, std::size_t, std::align_val_t) noexcept
{
    free_aligned(object);
}
void operator delete[](void *object, std::size_t, std::align_val_t) noexcept
{
    free_aligned(object);
}
void operator delete(void *object, std::align_val_t, const std::nothrow_t &) noexcept
{
    free_aligned(object);
}
void operator delete[](void *object, std::align_val_t, const std::nothrow_t &) noexcept
{
    free_aligned(object);
}

#pragma GCC visibility pop
