import * as vscode from 'vscode';
import { forkedBy } from '../inspect/lineage.ts';
import type { HandleView, LayerPageView, LayerView, LineageView, PlatformView, SlotView } from '../inspect/view.ts';
import { sourceOf, TreeNode, type NodeLook } from './lazy-tree.ts';
import { PAGE_GROUP, pageGroups } from './page-groups.ts';
import { bitsInWords } from './in-words.ts';
import { ask, type StoppedSession } from './session-tracker.ts';
import { hex, joined, pids } from './words.ts';

const PAGE_SIZE = 4096;

/** The tree of what the platform alone knows: lineage and gates, snapshot layers, slots, handles. */
export async function platformRoots(stopped: StoppedSession): Promise<readonly TreeNode[]> {
  const view = await ask(stopped.session, 'pagewalk/platform', {});
  const { slotCount, slots, layers, handles } = view;
  const live = handles.filter(({ state }) => state === 'live').length;
  return [
    group('lineage', vscode.l10n.t('Lineage'), view.platform, 'type-hierarchy-sub', (node) =>
      lineageNodes(node, stopped, view, undefined),
    ),
    // Where every space has a page table of its own there is nothing to save, and nothing to cut up.
    ...(slotCount === 0
      ? []
      : [
          group('layers', vscode.l10n.t('Snapshot Layers'), layerCount(layers.length), 'layers', (node) =>
            layers.map((layer) => layerNode(node, stopped, layer)),
          ),
          group(
            'slots',
            vscode.l10n.t('Slots'),
            vscode.l10n.t('{0} of {1} in use', slots.length, slotCount),
            'layout',
            (node) => slots.map((slot) => slotNode(node, slot)),
          ),
        ]),
    group(
      'handles',
      vscode.l10n.t('Handles'),
      vscode.l10n.t('{0} live, {1} consumed', live, handles.length - live),
      'key',
      (node) => handles.map((handle) => handleNode(node, handle)),
      false,
    ),
  ];
}

function group(
  key: string,
  label: string,
  description: string,
  icon: string,
  children: (node: TreeNode) => readonly TreeNode[],
  expanded = true,
): TreeNode {
  return new TreeNode(undefined, key, label, { description, icon: new vscode.ThemeIcon(icon), expanded }, (node) =>
    Promise.resolve(children(node)),
  );
}

function layerCount(count: number): string {
  if (count === 0) return vscode.l10n.t('no window is open');
  return count === 1 ? vscode.l10n.t('1 window is open') : vscode.l10n.t('{0} windows are open', count);
}

function lineageNodes(
  parent: TreeNode,
  stopped: StoppedSession,
  view: PlatformView,
  forker: number | undefined,
): TreeNode[] {
  return forkedBy(view.lineage, forker).map((process) => {
    const { pid, name, forkedFrom, forkedAt, gate } = process;
    const isStoppedHere = stopped.stop?.pid === pid;
    const look: NodeLook = {
      description: joined(
        isStoppedHere && vscode.l10n.t('stopped here'),
        forker === undefined &&
          forkedFrom !== undefined &&
          vscode.l10n.t('forked by pid {0}, which is gone', forkedFrom),
        gate,
        forkedAt?.place !== undefined && vscode.l10n.t('forked at {0}', forkedAt.place),
        spaceInWords(process),
      ),
      ...(gate ? { tooltip: gate } : {}),
      source: sourceOf(forkedAt),
      icon: new vscode.ThemeIcon(lineageIcon(process, isStoppedHere)),
      expanded: true,
    };
    const label = vscode.l10n.t('pid {0} {1}', pid, name);
    const hasChildren = forkedBy(view.lineage, pid).length > 0;
    return new TreeNode(
      parent,
      `p${pid}`,
      label,
      look,
      hasChildren ? (node) => Promise.resolve(lineageNodes(node, stopped, view, pid)) : undefined,
    );
  });
}

function spaceInWords({ space, sameSpaceAs }: LineageView): string {
  if (space === undefined) return vscode.l10n.t('has exited, not yet waited for');
  if (sameSpaceAs.length > 0) return vscode.l10n.t('in the address space of {0}', pids(sameSpaceAs));
  return vscode.l10n.t('space {0}', space);
}

function lineageIcon({ state, gate }: LineageView, isStoppedHere: boolean): string {
  if (state === 'zombie') return 'circle-slash';
  if (gate) return 'lock';
  return isStoppedHere ? 'debug-stackframe-active' : 'server-process';
}

function layerNode(parent: TreeNode, stopped: StoppedSession, layer: LayerView): TreeNode {
  const { start, depth, parents, children, present, saved } = layer;
  const look: NodeLook = {
    description: joined(
      children.length > 0 && vscode.l10n.t('{0} runs in them', pids(children)),
      vscode.l10n.t('{0} of {1} saved', saved, present),
      vscode.l10n.t('layer {0}', depth),
    ),
    icon: new vscode.ThemeIcon('layers'),
    expanded: true,
  };
  const label =
    parents.length > 0 ? vscode.l10n.t('Pages of {0}', pids(parents)) : vscode.l10n.t('Pages of a killed process');
  return new TreeNode(parent, `${start} ${depth}`, label, look, (node) =>
    Promise.resolve([
      gateNode(node, layer),
      pagesNode(node, stopped, layer, 'saved', {
        label: vscode.l10n.t('Saved pages'),
        icon: 'save',
        description: String(saved),
        expanded: saved > 0,
      }),
      pagesNode(node, stopped, layer, 'kept', {
        label: vscode.l10n.t('Pages as they were'),
        icon: 'symbol-file',
        description: String(present - saved),
      }),
      pagesNode(node, stopped, layer, 'new', { label: vscode.l10n.t('Pages that came since'), icon: 'new-file' }),
    ]),
  );
}

function gateNode(parent: TreeNode, { gate }: LayerView): TreeNode {
  const isOpen = gate.state === 'open';
  const label = isOpen ? vscode.l10n.t('Gate is open') : vscode.l10n.t('Gate is closed');
  return new TreeNode(parent, 'gate', label, {
    description: gate.reason,
    icon: new vscode.ThemeIcon(isOpen ? 'unlock' : 'lock'),
  });
}

function pagesNode(
  parent: TreeNode,
  stopped: StoppedSession,
  layer: LayerView,
  kind: LayerPageView['kind'],
  { label, icon, ...look }: { label: string; icon: string; description?: string; expanded?: boolean },
): TreeNode {
  const { start, depth } = layer;
  const fetch = async (node: TreeNode, skip: number): Promise<{ nodes: TreeNode[]; total: number }> => {
    const args = { start, depth, kind, skip, count: PAGE_GROUP };
    const { pages, total } = await ask(stopped.session, 'pagewalk/layerPages', args);
    return { nodes: pages.map((page) => pageNode(node, layer, page, icon)), total };
  };
  return new TreeNode(parent, kind, label, { icon: new vscode.ThemeIcon(icon), ...look }, async (node) => {
    const { nodes, total } = await fetch(node, 0);
    if (total <= PAGE_GROUP) return nodes;
    return pageGroups(node, total, async (pages, skip) => (await fetch(pages, skip)).nodes);
  });
}

/** A page opens as whoever has it sees it: the parent, with the bytes that are put back, or the child. */
function pageNode(parent: TreeNode, { parents, children }: LayerView, page: LayerPageView, icon: string): TreeNode {
  const { va, kind, frame, savedIn, flags, cow, explanation } = page;
  const [pid] = kind === 'new' ? children : parents;
  const look: NodeLook = {
    description: joined(
      explanation,
      savedIn === undefined
        ? vscode.l10n.t('frame {0}', hex(frame))
        : vscode.l10n.t('frame {0}, saved in {1}', hex(frame), hex(savedIn)),
      bitsInWords(flags),
      cow && vscode.l10n.t('copy-on-write'),
    ),
    tooltip: explanation,
    icon: new vscode.ThemeIcon(icon),
    ...(pid === undefined ? {} : { range: { pid, start: Number(va), end: Number(va) + PAGE_SIZE } }),
  };
  return new TreeNode(parent, va, va, look);
}

function slotNode(parent: TreeNode, { index, start, end, processes, reservedFor }: SlotView): TreeNode {
  const look: NodeLook = {
    description: joined(
      processes.length > 0 && pids(processes),
      reservedFor.length > 0 && vscode.l10n.t('reserved for {0}', pids(reservedFor)),
      processes.length + reservedFor.length === 0 && vscode.l10n.t('nobody'),
      `${start}-${end}`,
    ),
    icon: new vscode.ThemeIcon(processes.length > 0 ? 'circle-filled' : 'circle-outline'),
  };
  return new TreeNode(parent, `s${index}`, vscode.l10n.t('Slot {0}', index), look);
}

function handleNode(parent: TreeNode, handle: HandleView): TreeNode {
  const { space, processes, parent: forkedFrom, state, createdBy, consumedBy } = handle;
  const isLive = state === 'live';
  const look: NodeLook = {
    description: joined(
      isLive ? vscode.l10n.t('live') : vscode.l10n.t('consumed'),
      processes.length > 0 && pids(processes),
      forkedFrom !== undefined && vscode.l10n.t('forked from space {0}', forkedFrom),
    ),
    icon: new vscode.ThemeIcon(isLive ? 'key' : 'circle-slash'),
  };
  return new TreeNode(parent, `h${space}`, vscode.l10n.t('space {0}', space), look, (node) =>
    Promise.resolve([
      stackNode(node, 'created', vscode.l10n.t('made by {0}', createdBy[0] ?? '?'), createdBy, 'add'),
      ...(consumedBy
        ? [stackNode(node, 'consumed', vscode.l10n.t('consumed by {0}', consumedBy[0] ?? '?'), consumedBy, 'trash')]
        : []),
    ]),
  );
}

function stackNode(parent: TreeNode, key: string, label: string, stack: readonly string[], icon: string): TreeNode {
  return new TreeNode(parent, key, label, {
    description: stack.slice(1).join(' ← '),
    tooltip: stack.join('\n'),
    icon: new vscode.ThemeIcon(icon),
  });
}
