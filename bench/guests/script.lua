-- A mix of what Lua programs do: tables, closures, strings, method calls, garbage. The global SIZE is the work to do.
local function queens(n)
  local columns, left, right, solutions = {}, {}, {}, 0
  local function place(row)
    if row > n then
      solutions = solutions + 1
      return
    end
    for column = 1, n do
      local l, r = row + column, row - column + n
      if not (columns[column] or left[l] or right[r]) then
        columns[column], left[l], right[r] = true, true, true
        place(row + 1)
        columns[column], left[l], right[r] = nil, nil, nil
      end
    end
  end
  place(1)
  return solutions
end

local Account = {}
Account.__index = Account

function Account.new(balance)
  return setmetatable({ balance = balance, log = {} }, Account)
end

function Account:deposit(amount)
  self.balance = (self.balance + amount) % 1000003
  self.log[#self.log % 50 + 1] = amount
end

local function words(n)
  local parts, counts = {}, {}
  for i = 1, n do
    parts[#parts + 1] = string.format("%s%d", i % 3 == 0 and "page" or "frame", i * 7919 % 97)
  end
  for word in table.concat(parts, " "):gmatch("%a+%d+") do
    counts[word] = (counts[word] or 0) + 1
  end
  local keys = {}
  for key in pairs(counts) do
    keys[#keys + 1] = key
  end
  table.sort(keys)
  return #keys + counts[keys[1]]
end

local function sieve(n)
  local composite, primes = {}, 0
  for i = 2, n do
    if not composite[i] then
      primes = primes + 1
      for j = i * i, n, i do
        composite[j] = true
      end
    end
  end
  return primes
end

local hash = 0
for round = 1, SIZE do
  local account = Account.new(round)
  for i = 1, 1000 do
    account:deposit(i * round)
  end
  hash = (hash * 31 + queens(6) + words(200) + sieve(2000) + account.balance) % 4294967291
end
print(hash)
