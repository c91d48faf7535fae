-- A POST with 1 KiB of JSON.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"name":"' .. string.rep("x", 1024 - 11) .. '"}'
