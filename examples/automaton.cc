//
// Containers of the C++ library whose memory is collected, and classes without destructors.
//
//   automaton [ROUNDS]
//
// A finite automaton is a graph full of cycles: nobody owns a state, so reference counts would
// never free one, and unique owners do not fit. Here, states are objects of a class derived from
// gc, and what they hold, maps and vectors, has gc_allocator: all of it is collected, without any
// destructor.
//
// Each round takes some words, builds the automaton that accepts these and any repetition of them,
// makes it deterministic (the usual construction, where each new state is a set of old ones), runs
// it, and compares its answers with a plain search.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include <gc_cpp.h>
#include <gc/gc_allocator.h>

namespace
{

struct state;

template <class T> using collected_vector = std::vector<T, gc_allocator<T>>;
template <class K, class V>
using collected_map = std::map<K, V, std::less<K>, gc_allocator<std::pair<const K, V>>>;

// A state of either automaton: of the first kind there may be several ways by one char.
struct state : public gc {
    collected_map<char, collected_vector<state *>> ways;
    bool accepts = false;
};

using state_set = collected_vector<state *>; // in order, each once

void require(bool condition, const char *what)
{
    if (!condition) {
        std::fprintf(stderr, "wrong: %s\n", what);
        std::exit(1);
    }
}

// Accepts any sequence of the words: each leads from the start back to it.
state *automaton_of(const std::vector<std::string> &words)
{
    state *start = new state;
    start->accepts = true;
    for (const std::string &word : words) {
        state *at = start;
        for (std::size_t i = 0; i < word.size(); i++) {
            state *next = i + 1 == word.size() ? start : new state;
            at->ways[word[i]].push_back(next);
            at = next;
        }
    }
    return start;
}

// Where one can be after that char.
state_set step(const state_set &from, char c)
{
    state_set to;
    for (state *s : from) {
        auto way = s->ways.find(c);
        if (way != s->ways.end())
            to.insert(to.end(), way->second.begin(), way->second.end());
    }
    std::sort(to.begin(), to.end());
    to.erase(std::unique(to.begin(), to.end()), to.end());
    return to;
}

// The automaton with one way at most by each char: its states are sets of the other's.
state *deterministic(state *start, const std::string &alphabet)
{
    collected_map<state_set, state *> made;
    collected_vector<state_set> to_do;
    auto state_of = [&](const state_set &set) {
        state *&s = made[set];
        if (s == nullptr) {
            s = new state;
            for (state *member : set)
                s->accepts = s->accepts || member->accepts;
            to_do.push_back(set);
        }
        return s;
    };

    state *result = state_of(state_set(1, start));
    while (!to_do.empty()) {
        state_set set = to_do.back();
        to_do.pop_back();
        state *from = made[set];
        for (char c : alphabet) {
            state_set next = step(set, c);
            if (!next.empty())
                from->ways[c] = state_set(1, state_of(next));
        }
    }
    return result;
}

bool accepts(const state *at, const std::string &text)
{
    for (char c : text) {
        auto way = at->ways.find(c);
        if (way == at->ways.end())
            return false;
        at = way->second.front();
    }
    return at->accepts;
}

// The same question, answered by trying: which beginnings of the text are sequences of words?
bool is_sequence(const std::vector<std::string> &words, const std::string &text)
{
    std::vector<bool> reachable(text.size() + 1);
    reachable[0] = true;
    for (std::size_t i = 0; i < text.size(); i++) {
        for (const std::string &word : words) {
            if (reachable[i] && text.compare(i, word.size(), word) == 0)
                reachable[i + word.size()] = true;
        }
    }
    return reachable[text.size()];
}

class random_words
{
    unsigned long seed = 1;

  public:
    unsigned below(unsigned n)
    {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        return static_cast<unsigned>(seed >> 33) % n;
    }

    std::string word(unsigned longest, const std::string &alphabet)
    {
        std::string word(1 + below(longest), ' ');
        for (char &c : word)
            c = alphabet[below(static_cast<unsigned>(alphabet.size()))];
        return word;
    }
};

} // namespace

int main(int argc, char **argv)
{
    const std::string alphabet = "abc";
    int rounds = argc > 1 ? std::atoi(argv[1]) : 5000;
    int accepted = 0, asked = 0;
    random_words random;

    GC_INIT();
    for (int round = 0; round < rounds; round++) {
        std::vector<std::string> words;
        for (int i = 0; i < 12; i++)
            words.push_back(random.word(6, alphabet));
        state *machine = deterministic(automaton_of(words), alphabet);
        for (int i = 0; i < 50; i++) {
            std::string text;
            for (unsigned n = random.below(5); n > 0; n--)
                text += random.below(4) ? words[random.below(12)] : random.word(6, alphabet);
            bool answer = accepts(machine, text);
            require(answer == is_sequence(words, text), "the automaton's answer");
            accepted += answer;
            asked++;
        }
    }
    require(accepted > 0 && accepted < asked, "all answers are the same");
    require(GC_get_heap_size() < (200u << 20), "the old automata are still there");
    std::printf("%d of %d texts accepted, %lu collections\n", accepted, asked,
                static_cast<unsigned long>(GC_get_gc_no()));
}
