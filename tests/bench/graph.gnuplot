# SPDX-License-Identifier: GPL-2.0-or-later
# Time against prefixes, from `table`; tests/bench/graph runs it.
set terminal pngcairo size 900,560 font 'DejaVu Sans,11'
set output 'tests/bench/graph.png'
set datafile separator '\t'
set logscale xy
set format x '%.0s%c'
set format y '%g s'
set xrange [7:1500000]
set xlabel 'IPv4 prefixes of one peer'
set ylabel 'time for up (median)'
set grid xtics ytics lc rgb '#dddddd'
set key top left reverse Left samplen 2
set border 3
set tics nomirror

# Columns: served, verb, program, prefixes, family, peers, runs, wall, processor, peak.
seconds(program) = (strcol(1) eq 'mute' && strcol(2) eq 'up' && strcol(3) eq program && strcol(5) eq '4' && \
	strcol(6) eq '1') ? column(8) : NaN

set datafile missing NaN
plot table using 4:(seconds('wg-quick')) with linespoints lw 2 pt 7 lc rgb '#b2182b' title 'wg-quick', \
	'' using 4:(seconds('tools')) with linespoints lw 2 pt 5 lc rgb '#ef8a62' title 'wg setconf + ip -batch', \
	'' using 4:(seconds('wgq')) with linespoints lw 3 pt 9 lc rgb '#2166ac' title 'wgq', \
	'' using 4:(seconds('floor')) with linespoints lw 2 pt 4 dt 2 lc rgb '#888888' title 'the floor: the same messages, and nothing else'
