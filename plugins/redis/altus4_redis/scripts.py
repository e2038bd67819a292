"""The atomic steps, in Lua: Redis runs each alone and by its own clock, so the clocks of the nodes do not matter.

They decide and keep; what follows for the caller (how much remains, how long to wait) is computed by
`altus4_core.limits` from what they return: the time and the state they found. Times are whole microseconds since
1970, which a Lua number (a double) holds exactly until the year 2255; they are returned as text, since Redis cuts
numbers to integers and a client may not.

A clock that was set back must not lock anybody out for longer than the limit itself could: what lies in the future
is brought back to what it could be at most.
"""

RATE = """
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local interval, burst, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local most = interval * burst
local arrival = math.min(tonumber(redis.call('GET', KEYS[1]) or '0') or 0, now + most)
local wanted = math.max(0, math.max(0, arrival - now) + cost * interval)
if cost ~= 0 and wanted <= most then
  if wanted == 0 then
    redis.call('DEL', KEYS[1])
  else
    redis.call('SET', KEYS[1], string.format('%.0f', now + wanted),
               'PX', string.format('%.0f', math.ceil(wanted / 1000) + 1))
  end
end
return {string.format('%.0f', now), string.format('%.0f', arrival)}
"""
"""KEYS: the arrival time. ARGV: interval in microseconds, burst, cost. Gives the time and the arrival found."""

WINDOW = """
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local most, length, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local oldest = redis.call('LINDEX', KEYS[1], 0)
while oldest and tonumber(oldest) <= now - length do
  redis.call('LPOP', KEYS[1])
  oldest = redis.call('LINDEX', KEYS[1], 0)
end
local stamp = string.format('%.0f', now)
for place = redis.call('LLEN', KEYS[1]) - 1, 0, -1 do
  if tonumber(redis.call('LINDEX', KEYS[1], place)) <= now then break end
  redis.call('LSET', KEYS[1], place, stamp)
end
local events = redis.call('LRANGE', KEYS[1], 0, -1)
if cost < 0 then
  for _ = 1, math.min(-cost, #events) do redis.call('RPOP', KEYS[1]) end
elseif cost > 0 and #events + cost <= most then
  for _ = 1, cost do redis.call('RPUSH', KEYS[1], stamp) end
  redis.call('PEXPIRE', KEYS[1], string.format('%.0f', math.ceil(length / 1000) + 1))
end
return {stamp, events}
"""
"""KEYS: the times of events, oldest first. ARGV: most, length in microseconds, cost. Gives the time and the events."""
