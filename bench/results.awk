# What table.awk and chart.awk share: reads bench/goals, then the runs that bench/run has written,
# and answers for each line and column of the table.
#
# A column of a line is made of one or more rows of bench/run. `figure` is the column of the file
# that is the time: 4, elapsed, or 5, processor time.

BEGIN {
    base = "libgc"
    colors["spangc"] = "#1f5fbf"
    title["spangc"] = "spangc"
    title["malloc"] = "glibc malloc"; colors["malloc"] = "#8d99a6"
    title["mimalloc"] = "mimalloc"; colors["mimalloc"] = "#4c9f70"
    title["jemalloc"] = "jemalloc"; colors["jemalloc"] = "#d98c3f"
    title["go"] = "Go"; colors["go"] = "#9a6fb0"
    title["libgc"] = "libgc"
    # The order of the columns; those of which there are no runs are left out.
    known = split("spangc malloc mimalloc jemalloc go", names, " ")
    if (figure == 0)
        figure = 4
    RSS = 6; COLLECTIONS = 7; STOP = 8
}

FNR == 1 { file++ }

file == 1 && !/^#/ {
    split($0, part, / *; */)
    lines++
    line_title[lines] = part[1]
    columns[lines] = split(part[2], cell, " / ")
    for (c = 1; c <= columns[lines]; c++)
        cell_rows[lines, c] = cell[c]
    split(part[3], cell, " / ")
    for (c = 1; c <= columns[lines]; c++)
        goal[lines, c] = cell[c] + 0
}

file == 2 && FNR > 1 {
    split($0, field, ",")
    seen[field[2]] = 1
    if (field[9] == "FAILED")
        failed[field[1], field[2]] = 1
    if (field[9] != "fine")
        next
    run = ++runs[field[1], field[2]]
    if (run > most_runs)
        most_runs = run
    for (f = 4; f <= 8; f++)
        value[field[1], field[2], f, run] = field[f] + 0
}

# Sorts the figures of a row's runs into sorted[1 ..] and returns their number.
function sort_runs(row, variant, f,    i, j, n, v) {
    n = runs[row, variant]
    for (i = 1; i <= n; i++) {
        v = value[row, variant, f, i]
        for (j = i; j > 1 && sorted[j - 1] > v; j--)
            sorted[j] = sorted[j - 1]
        sorted[j] = v
    }
    return n
}

function median(row, variant, f,    n) {
    n = sort_runs(row, variant, f)
    return (sorted[int((n + 1) / 2)] + sorted[int(n / 2) + 1]) / 2
}

# Of a variant to the base; processor times are counted in milliseconds, so none may be zero.
function row_ratio(row, variant, f,    divisor) {
    divisor = median(row, base, f)
    return divisor > 0 ? median(row, variant, f) / divisor : 1
}

# Half of the way from the lowest run to the highest, as a share of the base's median.
function row_spread(row, variant, f,    n, low, high) {
    n = sort_runs(row, variant, f)
    low = sorted[1]; high = sorted[n]
    return (high - low) / 2 / median(row, base, f)
}

# Those rows of a column that the base has run in rows_of[1 ..]; returns how many, 0 if the variant
# has not run all of them, -1 if one failed.
function take_rows(line, column, variant,    i, n, named, taken, broken, missing) {
    n = split(cell_rows[line, column], named, " ")
    for (i = 1; i <= n; i++) {
        if ((named[i], variant) in failed || (named[i], base) in failed)
            broken = 1
        if (!((named[i], base) in runs))
            continue
        rows_of[++taken] = named[i]
        if (!((named[i], variant) in runs))
            missing = 1
    }
    return broken ? -1 : missing ? 0 : taken + 0
}

function cell_ratio(line, column, variant, f,    i, n, sum) {
    n = take_rows(line, column, variant)
    for (i = 1; i <= n; i++)
        sum += log(row_ratio(rows_of[i], variant, f))
    return n > 0 ? exp(sum / n) : n - 1
}

function cell_spread(line, column, variant, f,    i, n, sum) {
    n = take_rows(line, column, variant)
    for (i = 1; i <= n; i++)
        sum += row_spread(rows_of[i], variant, f)
    return sum / n
}

# The geometric mean of the ratios of a figure over all lines but the last, which asks for it.
function mean_ratio(variant, f,    line, column, ratio, sum, n) {
    for (line = 1; line < lines; line++)
        for (column = 1; column <= columns[line]; column++) {
            ratio = cell_ratio(line, column, variant, f)
            if (ratio > 0) {
                sum += log(ratio)
                n++
            }
        }
    return n > 0 ? exp(sum / n) : -1
}

# The variants of the table in variants[1 ..].
function take_variants(    i, n) {
    for (i = 1; i <= known; i++)
        if (names[i] in seen)
            variants[++n] = names[i]
    return n
}
