# Prints the benchmark table, and beneath it memory, collections and stops, in Markdown. See
# results.awk for what it reads.

function short(ratio) {
    return ratio < .095 ? sprintf("%.3f", ratio) : sprintf("%.2f", ratio)
}

function time_cell(line, column, variant,    ratio) {
    ratio = cell_ratio(line, column, variant, figure)
    if (ratio <= 0)
        return ratio < -1 ? "FAILED" : "-"
    return short(ratio) (most_runs > 1 \
        ? sprintf(" ±%.2f", cell_spread(line, column, variant, figure)) : "")
}

function memory_cell(line, column, variant,    ratio) {
    ratio = cell_ratio(line, column, variant, RSS)
    return ratio > 0 ? short(ratio) : ratio < -1 ? "FAILED" : "-"
}

# Collections are added up, the longest stop is that of the median run.
function stop_cell(line, column, variant,    i, n, collections, stop) {
    n = take_rows(line, column, variant)
    for (i = 1; i <= n; i++) {
        collections += median(rows_of[i], variant, COLLECTIONS)
        if (median(rows_of[i], variant, STOP) > stop)
            stop = median(rows_of[i], variant, STOP)
    }
    return n > 0 && collections >= 0 ? sprintf("%d, %.1f ms", collections, stop / 1000) : "-"
}

function goal_cell(line, column) {
    return short(goal[line, column])
}

function met_cell(line, column,    ratio) {
    ratio = cell_ratio(line, column, "spangc", figure)
    return ratio <= 0 ? "-" : ratio <= goal[line, column] ? "yes" : "no"
}

function cell_of(what, line, column, variant) {
    return what == "time" ? time_cell(line, column, variant) \
        : what == "memory" ? memory_cell(line, column, variant) \
        : what == "stops" ? stop_cell(line, column, variant) \
        : what == "goal" ? goal_cell(line, column) \
        : met_cell(line, column)
}

# The columns of a line, for one variant, with slashes between them.
function cells_of(what, line, variant,    column, text) {
    for (column = 1; column <= columns[line]; column++)
        text = text (column > 1 ? " / " : "") cell_of(what, line, column, variant)
    return text
}

function was_run(line,    column) {
    for (column = 1; column <= columns[line]; column++)
        if (cell_ratio(line, column, base, figure) != -1)
            return 1
    return 0
}

function print_heading(first, last,    v, heading, rule) {
    heading = "| " first " |"; rule = "| --- |"
    for (v = 1; v <= n_variants; v++) {
        heading = heading " " title[variants[v]] " |"
        rule = rule " --- |"
    }
    print heading last
    gsub(/[^|]+/, " --- ", last)
    print rule last
}

function print_times(    line, v, text, mean) {
    print_heading("time relative to libgc", " libgc itself | goal | met |")
    for (line = 1; line < lines; line++) {
        if (!was_run(line))
            continue
        text = "| " line_title[line] " |"
        for (v = 1; v <= n_variants; v++)
            text = text " " cells_of("time", line, variants[v]) " |"
        print text " " cells_of("time", line, base) " | " cells_of("goal", line) " | " \
            cells_of("met", line) " |"
    }
    text = "| " line_title[lines] " |"
    for (v = 1; v <= n_variants; v++) {
        mean = mean_ratio(variants[v], RSS)
        text = text " " (mean > 0 ? short(mean) : "-") " |"
    }
    mean = mean_ratio("spangc", RSS)
    print text " 1.00 | " goal_cell(lines, 1) " | " \
        (mean <= 0 ? "-" : mean <= goal[lines, 1] ? "yes" : "no") " |"
}

function print_memory(    line, v, text) {
    print_heading("peak RSS relative to libgc", " libgc, MB |")
    for (line = 1; line < lines; line++) {
        if (!was_run(line))
            continue
        text = "| " line_title[line] " |"
        for (v = 1; v <= n_variants; v++)
            text = text " " cells_of("memory", line, variants[v]) " |"
        print text " " base_memory(line) " |"
    }
}

function base_memory(line,    column, text) {
    for (column = 1; column <= columns[line]; column++) {
        text = text (column > 1 ? " / " : "")
        text = text (take_rows(line, column, base) > 0 \
            ? sprintf("%.1f", median(rows_of[1], base, RSS) / 1024) : "-")
    }
    return text
}

function print_stops(    line, go) {
    go = "go" in seen
    print "| collections, longest stop | spangc | libgc |" (go ? " Go |" : "")
    print "| --- | --- | --- |" (go ? " --- |" : "")
    for (line = 1; line < lines; line++)
        if (was_run(line))
            print "| " line_title[line] " | " cells_of("stops", line, "spangc") " | " \
                cells_of("stops", line, base) " |" (go ? " " cells_of("stops", line, "go") " |" : "")
}

END {
    n_variants = take_variants()
    if (n_variants == 0 || !(base in seen)) {
        print "No table: it takes runs of libgc and of at least one other."
        exit
    }
    printf "%s time; %s.\n\n", figure == 4 ? "Elapsed" : "Processor", most_runs == 1 \
        ? "one run of each" : "medians of " most_runs " runs, and half of the way from best to worst"
    print_times()
    print ""
    print_memory()
    print ""
    print_stops()
}
