// The loss surface in relief, to be turned with the pointer. It is drawn when something changes, not all the time.
import {
  BufferAttribute, BufferGeometry, Color, DoubleSide, Line, LineBasicMaterial, Mesh, MeshBasicMaterial, PerspectiveCamera, PlaneGeometry,
  Scene, SphereGeometry, SRGBColorSpace, WebGLRenderer, LineSegments,
} from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";
import { colour } from "../parts/colours";
import { viridis } from "../tour/parts/scales";
import type { Frame, Surface } from "./live";
import { heightAt, shares } from "./terrain";

const TALL = 0.6; // of the side

export interface Relief {
  show: (surface: Surface, path: Frame["path"]) => void;
  destroy: () => void;
}

/** A relief in a canvas. Throws if the browser draws nothing in three dimensions. */
export function relief(canvas: HTMLCanvasElement): Relief {
  const renderer = new WebGLRenderer({ canvas, antialias: true, alpha: true });
  renderer.outputColorSpace = SRGBColorSpace;
  const scene = new Scene();
  const camera = new PerspectiveCamera(35, 1, 0.1, 20);
  camera.position.set(1.15, 1.6, 1.85);
  const controls = new OrbitControls(camera, canvas);
  controls.target.set(0, 0.18, 0);
  controls.enablePan = false;
  controls.enableZoom = false;
  const draw = (): void => renderer.render(scene, camera);
  controls.addEventListener("change", draw);
  controls.update();
  const fit = new ResizeObserver(() => {
    const side = canvas.clientWidth;
    renderer.setPixelRatio(Math.min(2, devicePixelRatio));
    renderer.setSize(side, side, false);
    draw();
  });
  fit.observe(canvas);
  let shown: (Mesh | Line)[] = [];
  const clear = (): void => {
    for (const one of shown) {
      scene.remove(one);
      one.geometry.dispose();
      for (const material of [one.material].flat()) material.dispose();
    }
    shown = [];
  };
  return {
    show(surface, path) {
      clear();
      const heights = shares(surface);
      const { side } = surface;
      const ground = new PlaneGeometry(1, 1, side - 1, side - 1).rotateX(-Math.PI / 2);
      const place = ground.getAttribute("position");
      const colours = new Float32Array(3 * place.count);
      const tint = new Color();
      for (let at = 0; at < place.count; at++) {
        // the rows of a plane go from its far end, those of a surface from its near one
        const height = heights[(side - 1 - Math.floor(at / side)) * side + (at % side)] ?? 0;
        place.setY(at, TALL * height);
        tint.set(`rgb(${viridis(0.06 + 0.86 * height).map(Math.round).join(",")})`).toArray(colours, 3 * at);
      }
      ground.setAttribute("color", new BufferAttribute(colours, 3));
      const grid = new BufferGeometry().setAttribute("position", place.clone());
      grid.setIndex(lines(side));
      grid.translate(0, 0.002, 0);
      const onIt = path.map(([, x, y]) => [
        (x - surface.x[0]) / (surface.x[1] - surface.x[0] || 1) - 0.5,
        TALL * heightAt(surface, heights, x, y) + 0.012,
        0.5 - (y - surface.y[0]) / (surface.y[1] - surface.y[0] || 1),
      ]);
      const way = new BufferGeometry().setAttribute("position", new BufferAttribute(new Float32Array(onIt.flat()), 3));
      const ball = new Mesh(new SphereGeometry(0.022, 16, 12), new MeshBasicMaterial({ color: colour("--red") }));
      const [x = 0, y = 0, z = 0] = onIt.at(-1) ?? [];
      ball.position.set(x, y, z);
      shown = [
        new Mesh(ground, new MeshBasicMaterial({ vertexColors: true, side: DoubleSide })),
        new LineSegments(grid, new LineBasicMaterial({ color: "#000000", transparent: true, opacity: 0.18 })),
        new Line(way, new LineBasicMaterial({ color: "#ffffff" })),
        ball,
      ];
      scene.add(...shown);
      draw();
    },
    destroy() {
      fit.disconnect();
      clear();
      controls.dispose();
      renderer.dispose();
    },
  };
}

/** The ends of the lines between neighbouring places of a grid. */
function lines(side: number): number[] {
  const found: number[] = [];
  for (let row = 0; row < side; row++)
    for (let column = 0; column < side; column++) {
      const at = row * side + column;
      if (column + 1 < side) found.push(at, at + 1);
      if (row + 1 < side) found.push(at, at + side);
    }
  return found;
}
