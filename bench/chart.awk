# Draws the times of the benchmark table as bars, in SVG. See results.awk for what it reads.
#
# A line at 1 stands for libgc; a bar that is longer than the axis has its number at its end. Short
# red lines are the goals.

BEGIN {
    WIDTH = 860; LEFT = 330; RIGHT = 44; TOP = 62
    BAR = 6; GAP = 9; LABEL = 26; AXIS_MAX = 1.5
    FONT = "font-family=\"DejaVu Sans, Verdana, sans-serif\""
}

function x_of(ratio) {
    return LEFT + (WIDTH - LEFT - RIGHT) * (ratio < AXIS_MAX ? ratio : AXIS_MAX) / AXIS_MAX
}

function escaped(text) {
    gsub(/&/, "\\&amp;", text); gsub(/</, "\\&lt;", text); gsub(/>/, "\\&gt;", text)
    return text
}

function text_at(x, y, size, anchor, color, text) {
    printf "<text x=\"%.1f\" y=\"%.1f\" font-size=\"%d\" text-anchor=\"%s\" fill=\"%s\">%s</text>\n",
        x, y, size, anchor, color, escaped(text)
}

function bar_at(y, variant, ratio) {
    printf "<rect x=\"%d\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>\n",
        LEFT, y, x_of(ratio) - LEFT, BAR - 1, colors[variant]
    if (ratio > AXIS_MAX)
        text_at(WIDTH - RIGHT + 4, y + BAR, 9, "start", "#222222", sprintf("> %.1f", ratio))
}

function goal_at(y, height, ratio) {
    printf "<path d=\"M%.1f %.1f v%.1f\" stroke=\"#c22f2f\" stroke-width=\"1.5\"/>\n",
        x_of(ratio), y - 2, height + 4
}

# A line's title names its columns after the last comma or between slashes; the chart names one.
function label_of(line, column,    title_text, part, word) {
    title_text = line_title[line]
    if (columns[line] == 1)
        return title_text
    if (!match(title_text, /, 1 \/ 2 [a-z]+$/)) {
        split(title_text, part, " / ")
        return part[column]
    }
    word = substr(title_text, RSTART + 8)
    title_text = substr(title_text, 1, RSTART - 1)
    return title_text ", " column " " (column == 1 ? substr(word, 1, length(word) - 1) : word)
}

# Titles are too long for one line of the chart's margin.
function label_at(y, text,    cut) {
    if (length(text) <= 46) {
        text_at(LEFT - 8, y + 4, 12, "end", "#222222", text)
        return
    }
    cut = 46
    while (substr(text, cut, 1) != " ")
        cut--
    text_at(LEFT - 8, y - 3, 12, "end", "#222222", substr(text, 1, cut - 1))
    text_at(LEFT - 8, y + 11, 12, "end", "#222222", substr(text, cut + 1))
}

function draw_axis(bottom,    tick) {
    for (tick = 0; tick <= AXIS_MAX + .001; tick += .25) {
        printf "<path d=\"M%.1f %d V%.1f\" stroke=\"%s\" stroke-width=\"%s\"/>\n", x_of(tick), TOP - 8,
            bottom, tick == 1 ? "#222222" : "#dddddd", tick == 1 ? 1.5 : 1
        text_at(x_of(tick), bottom + 15, 11, "middle", "#222222", sprintf("%.2f", tick))
    }
    text_at(x_of(1), TOP - 12, 11, "middle", "#222222", "libgc")
    text_at(x_of(AXIS_MAX / 2), bottom + 32, 12, "middle", "#222222",
        (figure == 4 ? "elapsed" : "processor") " time, libgc = 1 (shorter is faster)")
}

function draw_legend(    v, x) {
    x = 14
    for (v = 1; v <= n_variants; v++) {
        printf "<rect x=\"%d\" y=\"14\" width=\"12\" height=\"12\" fill=\"%s\"/>\n", x,
            colors[variants[v]]
        text_at(x + 17, 25, 13, "start", "#222222", title[variants[v]])
        x += 40 + 8 * length(title[variants[v]])
    }
    printf "<path d=\"M%d 12 v16\" stroke=\"#c22f2f\" stroke-width=\"1.5\"/>\n", x + 4
    text_at(x + 12, 25, 13, "start", "#222222", "goal for spangc")
}

# The bars of one column of a line from y on.
function draw_bars(line, column, y,    v, ratio) {
    for (v = 1; v <= n_variants; v++) {
        ratio = cell_ratio(line, column, variants[v], figure)
        if (ratio > 0) {
            bar_at(y, variants[v], ratio)
            y += BAR
        }
    }
}

function height_of(line, column,    v, height) {
    for (v = 1; v <= n_variants; v++)
        height += BAR * (cell_ratio(line, column, variants[v], figure) > 0)
    return height
}

# Labels may take more room than bars.
function room_of(line, column,    height) {
    height = height_of(line, column)
    return height > 0 && height < LABEL ? LABEL : height
}

function draw_all(    line, column, y, room, height) {
    y = TOP
    for (line = 1; line < lines; line++)
        for (column = 1; column <= columns[line]; column++) {
            room = room_of(line, column)
            if (room == 0)
                continue
            height = height_of(line, column)
            draw_bars(line, column, y + (room - height) / 2)
            goal_at(y + (room - height) / 2, height, goal[line, column])
            label_at(y + room / 2, label_of(line, column))
            y += room + GAP
        }
}

function total_height(    line, column, room, y) {
    for (line = 1; line < lines; line++)
        for (column = 1; column <= columns[line]; column++) {
            room = room_of(line, column)
            y += room > 0 ? room + GAP : 0
        }
    return y
}

END {
    n_variants = take_variants()
    bottom = TOP + total_height()
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" " \
        "viewBox=\"0 0 %d %d\" %s>\n", WIDTH, bottom + 70, WIDTH, bottom + 70, FONT
    print "<title>Times of benchmarks relative to libgc</title>"
    printf "<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>\n", WIDTH, bottom + 70
    draw_legend()
    draw_axis(bottom)
    draw_all()
    text_at(14, bottom + 58, 11, "start", "#666666", origin)
    print "</svg>"
}
