-- POST /person/enrich of one identifier, another one each time. ENRICHD_BENCH_LIST: the identifiers, one a line.
local bodies, at = {}, 0

function init() -- wrk knows the Host header from here on
  for line in io.lines(os.getenv("ENRICHD_BENCH_LIST")) do
    bodies[#bodies + 1] = wrk.format("POST", nil, nil, '{"professional_network_profile_urls":["' .. line .. '"]}')
  end
end

function request()
  at = at % #bodies + 1
  return bodies[at]
end
