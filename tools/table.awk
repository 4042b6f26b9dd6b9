# Prints an HTML page that is one table: awk -v rows=10000 -f table.awk. About 420 bytes a row.
BEGIN {
    print "<html><head><title>" rows " rows</title></head><body><table border=1>"
    for (row = 0; row < rows; row++) {
        printf "<tr>"
        for (column = 0; column < 8; column++)
            printf "<td>row %d column %d: <b>%d</b></td>", row, column,
                (row * 7919 + column * 104729) % 65536
        print "</tr>"
    }
    print "</table></body></html>"
}
