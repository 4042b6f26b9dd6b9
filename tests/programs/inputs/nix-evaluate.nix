# Large lists and attribute sets, strings and functions; nothing is put into the store.
{ scale ? 10 }:
let
  inherit (builtins) genList foldl' listToAttrs attrNames attrValues concatStringsSep sort length
    stringLength toString mapAttrs filter elemAt hashString map;
  sum = foldl' (a: b: a + b) 0;
  squares = genList (x: x * x) (scale * 10000);
  table = listToAttrs (genList (i: { name = "name-${toString i}"; value = { index = i; text = "text ${toString i}"; }; }) (scale * 2000));
  renamed = mapAttrs (name: value: value // { label = name + value.text; }) table;
  merged = foldl' (set: i: set // { "key${toString (i - 10 * (i / 10))}" = i; }) { } (genList (x: x) (scale * 2000));
  fib = n: if n < 2 then n else fib (n - 1) + fib (n - 2);
  text = concatStringsSep "," (map toString squares);
in {
  sum = sum squares;
  sorted = sum (map (i: i * elemAt (sort (a: b: a > b) squares) 3) [ 1 2 3 ]);
  names = length (attrNames renamed);
  labels = sum (map (v: stringLength v.label) (attrValues renamed));
  inherit merged;
  fib = fib (18 + scale / 10);
  text = stringLength text;
  hash = hashString "sha256" text;
  even = length (filter (x: x / 2 * 2 == x) squares);
}
