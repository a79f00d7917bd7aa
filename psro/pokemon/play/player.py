"""One policy under one name on a server, battle after battle."""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from psro.game.policies import Policy
from psro.machine.errors import UserError
from psro.machine.seeds import seed_from
from psro.pokemon.arenas.server_battle import Asker, Given, play_side
from psro.pokemon.arenas.simulator_lanes import LaneSide
from psro.pokemon.play.game import PlayedGame, append, rating_in, write_replay
from psro.pokemon.server.check import rejected
from psro.pokemon.server.client import Client
from psro.pokemon.server.ending import cancel
from psro.pokemon.server.events import Challenged, Dropped, Event, NewRoom, Refusal, user_id
from psro.pokemon.server.room import End, Room
from psro.pokemon.state import BattleError
from psro.pokemon.teams.export import Team, pack

RATING_S = 10.0
"""How long the ladder may take to tell a rating after a battle."""
PATIENCE_S = 180.0
"""After so long without a word the other is put under the server's clock, which ends a battle that nobody plays."""
WAIT_SLICE_S = 1.0
"""How often it is looked how long an opponent has been waited for."""
STILL_S = 30.0
"""How often it is said that an opponent is still waited for."""
THROTTLED = "less than 10 seconds after your last challenge"
"""In what a server says that makes everybody wait between challenges (ladders.ts); not one of --no-security."""
THROTTLE_S = 10.5
GIVEN_BACK_S = 1.0
"""How long after a login battles come that were left before."""
CLOCK_S = 900.0
"""After so long without a word under it the battle is left."""

LEFT_BEFORE = Team("(chosen before)", ())
"""The team of a battle that began before this connection."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Style:
    """What is played, and how."""

    battle_format: str
    teams: Sequence[Team]
    """Drawn from, one for each battle."""
    seed: int
    at_a_time: int
    """Battles that are played at once; further challenges wait."""
    wait_s: float
    """How long an opponent is waited for: an answer to a challenge, a game on the ladder."""
    output: Path
    """Where replays and games.jsonl go."""


class Player:
    """Plays `policy` through an open client. Every mode ends by itself, by being cancelled, or with the connection (Dropped)."""

    def __init__(
        self, client: Client, policy: Policy, style: Style, say: Say, games: list[PlayedGame]
    ):
        """`say` is told every battle's result, and every challenge that is refused, in a line; `games` grows by every battle."""
        self._client = client
        self._policy = policy
        self._style = style
        self._say = say
        self._asker = Asker(None)
        self._battles: set[asyncio.Task[None]] = set()
        self._listening: asyncio.Task[Event] | None = None
        self._sent: deque[Team] = deque()
        """Teams that the server was given for battles that have not begun."""
        self._begun = len(games)
        self.games = games

    async def accept(self, num_games: int | None, only: str | None) -> None:
        """Takes challenges in our format, from everybody or from `only`, until `num_games` were played."""
        async with self._asking():
            waiting: list[str] = []
            while num_games is None or len(self.games) < num_games:
                while waiting and self._has_room(num_games):
                    await self._client.accept_challenge(waiting.pop(0), self._next_team())
                event = await self._next()
                if isinstance(event, Challenged):
                    if await self._welcome(event, only):
                        waiting.append(event.by)
                elif isinstance(event, Refusal):
                    self._refused(event)  # a challenge that was taken back meanwhile, say

    async def challenge(self, user: str, num_games: int) -> None:
        """Challenges one user again and again. Raises UserError where the server does not know it, or it does not want to."""
        async with self._asking():
            await self._take_back()
            while len(self.games) < num_games:
                await self._client.challenge(user, self._style.battle_format, self._next_team())
                await self._one_game(
                    f"{user} does not play", f"{user} to answer", f"/cancelchallenge {user}"
                )

    async def ladder(self, num_games: int) -> None:
        """Looks for ladder games, one after the other. Raises UserError where the server has no such ladder, or nobody comes."""
        async with self._asking():
            await self._take_back()
            while len(self.games) < num_games:
                await self._client.search_ladder_game(self._style.battle_format, self._next_team())
                whom = f"an opponent on the ladder of {self._style.battle_format}"
                await self._one_game("the ladder finds no game", whom, "/cancelsearch")

    async def _take_back(self) -> None:
        """Plays on what the server gives back of battles that were left under this name."""
        with contextlib.suppress(TimeoutError):
            while True:
                await asyncio.wait_for(self._next(), GIVEN_BACK_S)
        while len(self._battles) > 1:
            await self._next()

    async def _one_game(self, refused: str, whom: str, take_back: str) -> None:
        """The game that was just asked for; `whom` it takes and what calls it off, should it not begin within the style's wait_s."""
        before, begun, asked = len(self.games), self._begun, time.monotonic()
        told = asked
        while len(self.games) == before:
            event = await self._next(None if self._begun > begun else WAIT_SLICE_S)
            if isinstance(event, Refusal):
                team = self._refused(event)
                if THROTTLED in event.text:
                    await asyncio.sleep(THROTTLE_S)
                    return
                if self._begun > begun and team is None:
                    continue  # not about this game, which goes on
                raise UserError(f"{refused}: {event.text}")
            if isinstance(event, Challenged):
                await self._decline(event, "this asks for its games itself")
            waited = time.monotonic() - asked
            if self._begun > begun:
                continue
            if waited > self._style.wait_s:
                await self._client.send_message(take_back)
                raise UserError(
                    f"{refused}: waited {self._style.wait_s:g} s for {whom}; try again when there is somebody, or wait longer (--wait)"
                )
            if time.monotonic() - told > STILL_S:
                told = time.monotonic()
                self._say(f"waiting for {whom}, {waited:.0f} of {self._style.wait_s:g} s")

    @contextlib.asynccontextmanager
    async def _asking(self) -> AsyncIterator[None]:
        asking = asyncio.ensure_future(self._asker.run())
        self._battles = {asking}  # what it raises is raised to whoever waits for an event
        try:
            yield
        finally:
            tasks = [*self._battles, *([self._listening] if self._listening else [])]
            await cancel(tasks)

    async def _next(self, timeout_s: float | None = None) -> Challenged | Refusal | None:
        """The next thing to answer; None after a battle, or `timeout_s`. Battles that begin are played beside."""
        listening = self._listening or asyncio.ensure_future(self._client.next_event())
        self._listening = listening
        done, _ = await asyncio.wait(
            {*self._battles, listening}, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED
        )
        for task in self._battles & done:
            self._battles.discard(task)
            task.result()  # raises what it raised
        if listening not in done:
            return None
        self._listening = None
        event = listening.result()
        if isinstance(event, NewRoom):
            # Under a name that was here before, the server gives back the battles that it left: they are played on.
            team = self._sent.popleft() if self._sent else LEFT_BEFORE
            battle = self._battle(event.room, self._begun, team)
            self._begun += 1
            self._battles.add(asyncio.ensure_future(battle))
            return None
        return event if isinstance(event, Challenged | Refusal) else None

    def _has_room(self, num_games: int | None) -> bool:
        begun = self._begun + len(self._sent)
        return begun - len(self.games) < self._style.at_a_time and (
            num_games is None or begun < num_games
        )

    def _next_team(self) -> str:
        teams, number = self._style.teams, self._begun + len(self._sent)
        team = teams[seed_from("play", self._style.seed, "team", number) % len(teams)]
        self._sent.append(team)
        return pack(team)

    async def _welcome(self, event: Challenged, only: str | None) -> bool:
        wanted = event.format.partition("@@@")[0]
        if only is not None and user_id(event.by) != user_id(only):
            await self._decline(event, f"this plays {only} alone")
        elif wanted != self._style.battle_format or event.format != wanted:
            await self._decline(
                event, f"it is in {event.format}, and this plays {self._style.battle_format}"
            )
        else:
            return True
        return False

    async def _decline(self, event: Challenged, why: str) -> None:
        self._say(f"refused the challenge of {event.by}: {why}")
        await self._client.send_message(f"/reject {event.by}")
        await self._client.send_message(f"/pm {event.by}, I do not take this challenge: {why}")

    def _refused(self, event: Refusal) -> Team | None:
        """Says so; the team of the battle that will not be, if one was asked for. Raises TeamRejected."""
        team = self._sent.pop() if self._sent else None
        if team is not None and "Your team was rejected" in event.text:
            raise rejected(self._client, team, self._style.battle_format, event.text)
        self._say(f"the server: {event.text}")
        return team

    async def _battle(self, room: Room, number: int, team: Team) -> None:
        """Plays one battle to its end and enters what came of it. Raises Dropped with the connection."""
        style = self._style
        seed = seed_from("play", style.seed, "battle", number)
        policy = self._policy.for_battle(seed)
        own = LaneSide(policy, policy.name, number, seed_from(seed, "decisions"), None, False)
        score, how, after = None, "", [""]
        try:
            end = await self._to_the_end(own, room)
            how = end.how
            score = (
                0.5 if end.winner is None else float(end.winner == user_id(self._client.username))
            )
            if any(line.startswith("|rated|") for line in room.log):
                after = await self._rating_lines(room)
        except (Dropped, BattleError, Given) as error:
            if self._client.closed is not None:
                raise  # whoever connects again gets the battle back
            how = str(error)
        finally:
            policy.forget([number])
        result = {1.0: "won", 0.5: "tied", 0.0: "lost", None: "unfinished"}[score]
        replay = write_replay(style.output, room, team, policy.name, score)
        other = next(
            (name for name in room.players.values() if user_id(name) != user_id(room.own)), ""
        )
        game = PlayedGame(
            room.id, other, policy.name, team.name, result, how, room.turn,
            rating_in(after, room.own), str(replay),
        )  # fmt: skip
        append(style.output, game)
        self.games.append(game)
        self._say(f"game {len(self.games)}: {game.line}")
        await self._client.leave(room, forfeit=True)

    async def _to_the_end(self, own: LaneSide, room: Room) -> End:
        clock = asyncio.get_running_loop().call_later(PATIENCE_S, self._start_clock, room)
        try:
            end = await play_side(own, self._client, room, self._asker, CLOCK_S)
        finally:
            clock.cancel()
        assert end is not None, "there is no turn limit here but the server's own"
        return end

    def _start_clock(self, room: Room) -> None:
        if self._client.closed is None and not room.is_over:
            asyncio.ensure_future(self._client.send_message("/timer on", room.id))  # noqa: RUF006

    async def _rating_lines(self, room: Room) -> list[str]:
        lines: list[str] = []
        while rating_in(lines, room.own) is None:
            try:
                lines += await room.next_lines(RATING_S)
            except Dropped:
                break  # the ladder does not say; the game counts all the same
        return lines
