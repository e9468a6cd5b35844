# ends: regexp_bytes
grep "$(seq -s "" 1 100000)" <<<a
